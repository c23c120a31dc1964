import { defineConfig } from '@playwright/test';

import gallery from './gallery.config.ts';

/** `npm run pictures` takes the pictures of the README anew, in `pictures/`, in the same way as the gallery. */
export default defineConfig({ ...gallery, testMatch: 'pictures.ts' });
