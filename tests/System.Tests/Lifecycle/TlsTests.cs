using System.Net;
using System.Net.Http.Headers;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class TlsTests : DataFolders
{
    [Fact]
    public async Task Certificate_ServesHttp2AndSecureCookies()
    {
        var (certificate, key) = OwnCertificate.Write(In(""), "own");
        await using var service = await Service.Start(Data, "--tls-cert", certificate, "--tls-key", key, "--slots", "0");
        Assert.Equal("https", service.Url.Scheme);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, served, _, _) => served!.Subject == "CN=own" },
        })
        {
            BaseAddress = service.Url,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal("ready\n", await client.GetStringAsync("/readyz"));
        Assert.Contains("\"certificates\":[{\"option\":\"--tls-cert\",\"expiresAt\":\"", await client.GetStringAsync("/api/v1/cluster"), StringComparison.Ordinal);
        Assert.Contains(
            "orleanstasks_certificate_remaining_seconds{option=\"--tls-cert\"}", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.Contains("The certificate of --tls-cert expires at ", service.Log, StringComparison.Ordinal);

        var made = await Otask.Run("key", "create", "--data", Data, "--scope", "read");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/session");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", made.Output.Trim());
        request.Headers.Add("Origin", service.Url.GetLeftPart(UriPartial.Authority));
        request.Version = HttpVersion.Version20;
        using var session = await client.SendAsync(request);
        Assert.Equal(201, (int)session.StatusCode);
        Assert.Contains("; secure", Assert.Single(session.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task KeyOfAnotherCertificate_IsABadOption()
    {
        var (certificate, _) = OwnCertificate.Write(In(""), "one");
        var (_, key) = OwnCertificate.Write(In(""), "other");
        var ended = await Finished.Run(BuiltPrograms.AllInOne,
            "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--tls-cert and --tls-key", ended.Errors, StringComparison.Ordinal);
    }
}
