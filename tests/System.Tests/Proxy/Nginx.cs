using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Proxy;

/// <summary>
/// A real nginx with <c>deploy/nginx/otask.conf</c>, in which only the ports, the certificate and the gateway's address
/// are others. It runs as the tests' own user.
/// </summary>
internal sealed partial class Nginx : IAsyncDisposable
{
    /// <summary>The name that the configuration serves.</summary>
    public const string Name = "tasks.example.org";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private readonly Process process;
    private readonly X509Certificate2 certificate;
    private readonly int http;
    private readonly int https;

    private Nginx(Process process, X509Certificate2 certificate, int http, int https) =>
        (this.process, this.certificate, this.http, this.https) = (process, certificate, http, https);

    /// <summary>Starts nginx before a gateway, and returns when it takes connections.</summary>
    /// <param name="folder">A folder for its files.</param>
    /// <param name="gateway">The gateway's <c>address:port</c>.</param>
    public static async Task<Nginx> Start(string folder, string gateway)
    {
        Directory.CreateDirectory(folder);
        var certificate = WriteCertificate(folder);
        var (http, https) = (RestartAddress.Next(), RestartAddress.Next());
        var site = await File.ReadAllTextAsync(Path.Combine(BuiltPrograms.Repository, "deploy", "nginx", "otask.conf"));
        site = ListenOnIpv6().Replace(site, "").Replace("listen 80;", $"listen {http};", StringComparison.Ordinal)
            .Replace("listen 443 ", $"listen {https} ", StringComparison.Ordinal)
            .Replace("/etc/ssl/otask", folder, StringComparison.Ordinal)
            .Replace("server 127.0.0.1:9092;", $"server {gateway};", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "site.conf"), site);
        var temporary = string.Join(' ', from kind in (string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] select $"{kind}_temp_path {folder}/{kind};");
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            worker_processes 1;
            pid {{folder}}/pid;
            events { }
            http { access_log off; {{temporary}} include {{folder}}/site.conf; }
            """);
        var process = Process.Start("nginx", ["-e", "stderr", "-p", folder, "-c", $"{folder}/nginx.conf"]);
        var nginx = new Nginx(process, certificate, int.Parse(http.Split(':')[1]), int.Parse(https.Split(':')[1]));
        await Until.Holds("nginx takes connections", StartLimit, async () =>
        {
            Assert.False(process.HasExited, "nginx ended");
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync("127.0.0.1", nginx.https);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
        return nginx;
    }

    /// <summary>
    /// A client that finds nginx under the configuration's name, on the ports that its URLs mean, and trusts nothing but
    /// nginx's certificate.
    /// </summary>
    /// <param name="from">The client's own address.</param>
    public HttpClient Client(string from = "127.0.0.1") => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new global::System.Net.IPEndPoint(global::System.Net.IPAddress.Parse(from), 0));
            await socket.ConnectAsync("127.0.0.1", context.DnsEndPoint.Port == 443 ? https : http, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { certificate },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    })
    { BaseAddress = new Uri($"https://{Name}"), Timeout = TimeSpan.FromSeconds(30) };

    public async ValueTask DisposeAsync()
    {
        Signals.Send(process.Id, Signals.Terminate);
        await process.WaitForExitAsync();
        process.Dispose();
        certificate.Dispose();
    }

    private static X509Certificate2 WriteCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    [GeneratedRegex(@"^ *listen \[::\].*\n", RegexOptions.Multiline)]
    private static partial Regex ListenOnIpv6();
}
