import { Auth0Provider } from '@auth0/nextjs-auth0';

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Auth0Provider>{children}</Auth0Provider>
      </body>
    </html>
  );
}
