using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>nginx in front of the same services, by keep-alive HTTP/1.1 (it speaks no HTTP/2 to them), and in front of files.</summary>
internal static class Nginx
{
    /// <param name="folder">Its files; <c>files</c> in it is served at <paramref name="filesPort"/>.</param>
    /// <param name="upstreams">Where each path prefix goes.</param>
    /// <param name="proxyPort">Port of the proxy.</param>
    /// <param name="filesPort">Port of the files.</param>
    public static async Task<Server> StartAsync(
        string folder,
        IReadOnlyList<(string Prefix, Uri Address)> upstreams,
        int proxyPort,
        int filesPort
    )
    {
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            daemon off;
            worker_processes auto;
            pid {{folder}}/nginx.pid;
            error_log stderr error;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            events { worker_connections 1024; }
            http {
              access_log off;
              sendfile on;
              keepalive_requests 1000000;
              default_type text/html;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              {{string.Concat(
                upstreams.Select(
                    (upstream, at) =>
                        $"upstream u{at} {{ server {upstream.Address.Authority}; keepalive 64; keepalive_requests 1000000; }}\n"
                )
            )}}
              server {
                listen 127.0.0.1:{{proxyPort}};
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Host $http_host;
                {{string.Concat(upstreams.Select((upstream, at) => $"location {upstream.Prefix} {{ proxy_pass http://u{at}; }}\n"))}}
              }
              server {
                listen 127.0.0.1:{{filesPort}};
                root {{folder}}/files;
              }
            }
            """
        );
        return await Server.StartAsync(
            Shell.Which("nginx") ?? throw new PlainError("the case 'gateway' needs nginx: ./fabrique bench installs it"),
            ["-e", "stderr", "-c", configuration, "-p", folder],
            proxyPort
        );
    }
}
