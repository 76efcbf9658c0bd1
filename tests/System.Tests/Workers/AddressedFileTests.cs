using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A task gets a file from an https address, through a real service.</summary>
public sealed class AddressedFileTests : DataFolders
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("from elsewhere\n");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Task_WithAFileOfAnAddress_FindsIt_AndAWrongHashIsAReason()
    {
        using var certificate = NewCertificate();
        await File.WriteAllTextAsync(In("trusted.pem"), certificate.ExportCertificatePem(), Cancellation);
        await using var server = await Serve(certificate);
        var url = server.Urls.Single() + "/file";
        await using var service = await Service.Start(
            BuiltPrograms.AllInOne, ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--slots", "2"], Data,
            ("SSL_CERT_FILE", In("trusted.pem")));

        var digits = Convert.ToHexStringLower(SHA256.HashData(Content));
        var task = await Ended(service, url, digits);
        Assert.Equal(("succeeded", "from elsewhere\n"), ((string?)task["state"], (string?)task["output"]!["tail"]));
        var wrong = await Ended(service, url, new string('7', 64));
        Assert.Equal(("failed", "file-unavailable", null), ((string?)wrong["state"], (string?)wrong["reason"], wrong["exitCode"]));
        Assert.Contains($"they are sha256:{digits}", (string?)wrong["output"]!["tail"], StringComparison.Ordinal);
        // Nothing but the hash counts once the file is there.
        Assert.Equal("succeeded", (string?)(await Ended(service, "https://nowhere.invalid/x", digits))["state"]);
    }

    private static async Task<JsonNode> Ended(Service service, string url, string digits)
    {
        using var answer = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "cat in/file",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in/file", ["url"] = url, ["sha256"] = digits }),
        });
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return await service.Ended((string)JsonNode.Parse(text)!["id"]!);
    }

    private static async Task<WebApplication> Serve(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var server = builder.Build();
        server.MapGet("/file", static () => Results.Bytes(Content));
        await server.StartAsync(Cancellation);
        return server;
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
