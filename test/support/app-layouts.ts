import type { Express, RequestHandler, Router } from 'express';

/** What a layout is made with: the same in this process, and in one where the instrumentation is at work. */
export interface LayoutParts {
  createApp(): Express;
  createRouter(): Router;
  /** Ends the request, by `?end=` with an error or without an answer of its own. */
  readonly answer: RequestHandler;
}

/** One request. */
export interface Row {
  readonly path: string;
  /** `http.route` without an instrumentation. */
  readonly route: string | undefined;
  /** Where the instrumentation has another one. */
  readonly instrumented?: string | undefined;
}

export interface Layout {
  readonly name: string;
  /** Patterns differ between the majors. */
  readonly majors?: readonly number[];
  build(app: Express, parts: LayoutParts): void;
  readonly rows: readonly Row[];
}

const pass: RequestHandler = (_request, _response, next) => next();

export const LAYOUTS: readonly Layout[] = [
  {
    name: 'routes of the application',
    build(app, { answer }) {
      app.get('/', answer);
      app.get('/products/:id', pass, answer);
      app.all(['/one', '/two/:x'], answer);
      app.get(/^\/re(x)?\/\d+$/, answer);
      app.route('/both').get(answer).post(answer);
    },
    rows: [
      { path: '/', route: '/' },
      // It compares with the URL, whose query it forgets.
      { path: '/?q=1', route: '/', instrumented: undefined },
      { path: '/products/7', route: '/products/:id' },
      { path: '/products/7/?q=a/b', route: '/products/:id' },
      { path: '/two/2', route: '/one,/two/:x' },
      { path: '/rex/5', route: '/^\\/re(x)?\\/\\d+$/' },
      { path: '/both', route: '/both' },
      // It compares with the URL, letter by letter.
      { path: '/BOTH', route: '/both', instrumented: undefined },
      { path: '/nowhere', route: undefined },
    ],
  },
  {
    name: 'routers in routers',
    build(app, { answer, createRouter }) {
      const items = createRouter();
      items.get('/', answer);
      items.get('/:item', answer);
      const tenant = createRouter().use('/items', items);
      tenant.get('/', answer);
      const api = createRouter().use('/tenants/:tenant', pass, tenant);
      app.use(pass, pass);
      app.use('/api', api);
      app.use(createRouter().get('/flat', answer));
    },
    rows: [
      { path: '/api/tenants/42', route: '/api/tenants/:tenant' },
      { path: '/api/tenants/42/', route: '/api/tenants/:tenant' },
      { path: '/api/tenants/42/items', route: '/api/tenants/:tenant/items' },
      { path: '/api/tenants/42/items/3', route: '/api/tenants/:tenant/items/:item' },
      { path: '/api/tenants/api/items/items', route: '/api/tenants/:tenant/items/:item' },
      { path: '/api/tenants/a%2Fb/items/%E2%82%AC', route: '/api/tenants/:tenant/items/:item' },
      { path: '/flat', route: '/flat' },
      { path: '/api/tenants/%ZZ/items', route: undefined, instrumented: '/api' },
    ],
  },
  {
    name: 'mounted applications',
    build(app, { answer, createApp, createRouter }) {
      const cart = createApp();
      cart.get('/lines/:line', answer);
      const shop = createApp();
      shop.use('/cart', cart);
      shop.get('/', answer);
      shop.use('/sales', createRouter().get('/:sale', answer));
      app.use('/other', createApp().get('/', answer));
      app.use('/:lang/shop', shop);
    },
    rows: [
      { path: '/en/shop', route: '/:lang/shop' },
      { path: '/en/shop/sales/1', route: '/:lang/shop/sales/:sale' },
      { path: '/en/shop/cart/lines/5', route: '/:lang/shop/cart/lines/:line' },
      { path: '/other', route: '/other' },
    ],
  },
  {
    name: 'an application mounted by a router',
    build(app, { answer, createApp, createRouter }) {
      const inner = createApp().get('/cart', answer);
      app.use('/x', createRouter().use('/shop', inner));
    },
    rows: [{ path: '/x/shop/cart', route: '/x/shop/cart' }],
  },
  {
    name: 'one router at two places',
    build(app, { answer, createRouter }) {
      const router = createRouter().get('/items/:item', answer);
      app.use('/v1/:tenant', router);
      app.use('/v2', router);
    },
    rows: [
      { path: '/v1/42/items/3', route: '/v1/:tenant/items/:item' },
      { path: '/v2/items/3', route: '/v2/items/:item' },
    ],
  },
  {
    name: 'one application at two places, of which it knows the last',
    build(app, { answer, createApp }) {
      const inner = createApp().get('/items/:item', answer);
      app.use('/first/:tenant', inner);
      app.use('/first/:tenant', inner);
      app.use('/Second', inner);
    },
    rows: [
      { path: '/first/42/items/3', route: '/first/:tenant/items/:item' },
      { path: '/Second/items/3', route: '/Second/items/:item' },
    ],
  },
  {
    name: 'two ways that cannot be told apart',
    build(app, { answer, createRouter }) {
      const router = createRouter().get('/items', answer);
      app.use('/:any', router);
      app.use('/some', router);
    },
    rows: [
      { path: '/some/items', route: undefined, instrumented: '/:any/items' },
      { path: '/else/items', route: '/:any/items' },
    ],
  },
  {
    name: 'two applications whose places both fit',
    build(app, { answer, createApp }) {
      app.use('/:any', createApp().get('/other', answer));
      app.use('/Some', createApp().get('/items', answer));
    },
    rows: [
      { path: '/Some/items', route: '/Some/items' },
      { path: '/Some/other', route: '/:any/other' },
    ],
  },
  {
    name: 'an expression that fits, but not at the beginning',
    build(app, { answer, createRouter }) {
      const router = createRouter().get('/items', answer);
      // Takes as much as the other.
      app.use(/item/, router);
      app.use('/abc', router);
    },
    rows: [{ path: '/abc/items', route: '/abc/items' }],
  },
  {
    name: 'arrays and expressions to mount at',
    build(app, { answer, createRouter }) {
      app.use(['/a', '/b/:c'], createRouter().get('/items', answer));
      app.use(/^\/re[0-9]+/, createRouter().get('/items', answer));
      app.use(/^\/(?:en|de)\b/, createRouter().get('/items', answer));
    },
    rows: [
      { path: '/a/items', route: '/a,/b/:c/items' },
      { path: '/b/5/items', route: '/a,/b/:c/items' },
      { path: '/re12/items', route: '/^\\/re[0-9]+/items' },
      // Nothing tells that there is anything else than the first that comes, so only that one has a route.
      { path: '/en/items', route: '/^\\/(?:en|de)\\b/items' },
      { path: '/de/items', route: '/^\\/(?:en|de)\\b/items' },
    ],
  },
  {
    name: 'more than one thing in a segment',
    build(app, { answer, createRouter }) {
      app.use('/v:version', createRouter().get('/items', answer));
      app.use('/f.json', createRouter().get('/items', answer));
    },
    rows: [
      { path: '/v12/items', route: '/v:version/items' },
      { path: '/f.json/items', route: '/f.json/items' },
    ],
  },
  {
    name: 'capital letters',
    build(app, { answer, createRouter }) {
      app.use('/API/:Id', createRouter().get('/Items', answer));
    },
    rows: [
      { path: '/API/7/Items', route: '/API/:Id/Items' },
      { path: '/aPi/7/iTEMS', route: '/API/:Id/Items' },
    ],
  },
  {
    name: 'a path rewritten on the way',
    build(app, { answer, createRouter }) {
      app.use((request, _response, next) => {
        request.url = request.url.replace(/^\/old/, '/new');
        next();
      });
      const router = createRouter();
      router.get('/items/:item', answer);
      // As handlers that proxy do.
      router.get('/proxied/:item', (request, response, next) => {
        request.url = '/upstream';
        answer(request, response, next);
      });
      app.use('/new', router);
    },
    rows: [
      { path: '/old/items/3', route: '/new/items/:item' },
      { path: '/new/proxied/3', route: '/new/proxied/:item' },
      { path: '/old/proxied/3', route: undefined, instrumented: '/new/proxied/:item' },
    ],
  },
  {
    name: 'errors that leave routers',
    build(app, { answer, createApp, createRouter }) {
      app.use('/r/:a', createRouter().use('/s', createRouter().get('/:b', answer)));
      app.use('/app', createApp().get('/:b', answer));
    },
    rows: [
      { path: '/r/1/s/2?end=error', route: '/r/:a/s/:b' },
      // Which application it came from is known once a request of the route did not fail.
      { path: '/app/1?end=error', route: undefined, instrumented: '/app/:b' },
      { path: '/app/1', route: '/app/:b' },
      { path: '/app/1?end=error', route: '/app/:b' },
    ],
  },
  {
    name: "Express 4's patterns",
    majors: [4],
    build(app, { answer, createRouter }) {
      const items = (): Router => createRouter().get('/items', answer);
      app.use('/opt/:b?', items());
      app.use('/num/:id(\\d+)', items());
      app.use('/all/*', items());
      app.use('/odd+', items());
      app.get('/files/*', answer);
      app.get('*', answer);
    },
    rows: [
      { path: '/opt/1/items', route: '/opt/:b?/items' },
      { path: '/num/12/items', route: '/num/:id(\\d+)/items' },
      { path: '/files/a/b', route: '/files/*' },
      { path: '/oddd/items', route: undefined },
      { path: '/nowhere', route: '*' },
    ],
  },
  {
    name: "Express 5's patterns",
    majors: [5],
    build(app, { answer, createRouter }) {
      const items = (): Router => createRouter().get('/items', answer);
      app.use('/opt{/:b}/x', items());
      app.use('/two/:from-:to', items());
      app.use('/quoted/:"odd name"', items());
      app.get('/files/*path', answer);
      app.get('/{*rest}', answer);
    },
    rows: [
      { path: '/opt/x/items', route: '/opt{/:b}/x/items' },
      { path: '/two/1-2/items', route: '/two/:from-:to/items' },
      { path: '/quoted/1/items', route: '/quoted/:"odd name"/items' },
      { path: '/files/a/b', route: '/files/*path' },
      { path: '/nowhere', route: '/' },
    ],
  },
];
