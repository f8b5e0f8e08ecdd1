/**
 * One request, one page: for measuring what a page costs through a connector in JavaScript, as `bench-rust` and `bench-python`
 * do it, in both engines.
 *
 * The setting `url` is the address of the page, whose records are at `/records`; the fields of the request are picked. The setting
 * `parse` says who reads the JSON: the host (`emit-json`, the default) or the connector (`own`).
 */
import { connector, field, http, InvalidArgument, page, withoutFilters } from '@appflow-wasm/connector';

export default connector({
  configuration: {
    describe: () => ({ owner: 'Example', name: 'bench-js', version: '0.1.0' }),
    validateCredentials() {},
  },
  metadata: {
    listEntities: () => [{ id: 'records' }],
    describeEntity: (context, entity) => withoutFilters({ entity, fields: [field.text('id', { primaryKey: true })] }),
  },
  source: {
    query(context, request) {
      const answer = http.get(context.settings.get('url') ?? 'https://bench.example.com/page');
      if (context.settings.get('parse') !== 'own') {
        page.emitJsonOrFail(answer, { records: '/records', picks: request.fields });
        return;
      }
      const { records } = answer.ensureOk().json();
      if (page.emitAll(records.map((record) => request.only(record))) < records.length) {
        throw new InvalidArgument('the page is larger than one answer may be');
      }
    },
  },
});
