/** The smallest connector in TypeScript: greetings made up on the spot, from no application at all. */
import {
  connector, field, Paging, withoutFilters, type Configuration, type Metadata, type Source,
} from '@appflow-wasm/connector';

const NAMES = ['Ada', 'Barbara', 'Grace', 'Hedy', 'Karen'];

const configuration: Configuration = {
  describe: () => ({ owner: 'Example', name: 'Hello', version: '0.1.0' }),
  validateCredentials() {},
};

const metadata: Metadata = {
  listEntities: () => [{ id: 'greeting', label: 'Greetings' }],
  describeEntity: (context, entity) => withoutFilters({
    entity,
    fields: [field.long('id', { primaryKey: true }), field.text('text')],
  }),
};

const source: Source = {
  query(context, request) {
    const greetings = NAMES.map((name, id) => request.only({ id, text: `Hello, ${name}!` }));
    return new Paging(request).emit(greetings);
  },
};

export default connector({ configuration, metadata, source });
