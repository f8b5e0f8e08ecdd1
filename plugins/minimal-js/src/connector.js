/** The smallest connector in JavaScript: greetings made up on the spot, from no application at all. */
import { connector, field, Paging, withoutFilters } from '@appflow-wasm/connector';

const NAMES = ['Ada', 'Barbara', 'Grace', 'Hedy', 'Karen'];

export default connector({
  configuration: {
    describe: () => ({ owner: 'Example', name: 'Hello', version: '0.1.0' }),
    validateCredentials() {},
  },
  metadata: {
    listEntities: () => [{ id: 'greeting', label: 'Greetings' }],
    describeEntity: (context, entity) => withoutFilters({
      entity,
      fields: [field.long('id', { primaryKey: true }), field.text('text')],
    }),
  },
  source: {
    query(context, request) {
      const greetings = NAMES.map((name, id) => request.only({ id, text: `Hello, ${name}!` }));
      return new Paging(request).emit(greetings);
    },
  },
});
