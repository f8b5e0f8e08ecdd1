/** The connector of tests/guests/cursor once more, in JavaScript. */
import { connector, field, http, Next, Paging, withoutFilters } from '@appflow-wasm/connector';

export default connector({
  configuration: {
    describe: () => ({ owner: 'Tests', name: 'Cursor JavaScript', version: '0.1.0', authentication: ['api-key'] }),
    validateCredentials() {},
  },
  metadata: {
    listEntities: () => [{ id: 'items' }],
    describeEntity: (context, entity) => withoutFilters({
      entity,
      fields: [field.long('id', { primaryKey: true }), field.text('city')],
    }),
  },
  source: {
    query(context, request) {
      const url = http.join(context.settings.require('upstream'), request.entity);
      return new Paging(request, { records: '/items', picks: { id: 'id', city: '/home/city' } })
        .follow(Next.cursor('/next'), (at) =>
          http.get(url, { query: { limit: at.size, cursor: at.cursor }, credential: 'bearer' }));
    },
  },
});
