using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Pages;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Pages;

/// <summary>How the console's files are answered, with an archive of this test's own.</summary>
public sealed class ConsoleServingTests : IAsyncLifetime
{
    /// <summary>The routes that are pages for people and no part of the contract.</summary>
    public static readonly string[] Addresses = ["/", "/plain", "/ui/{**page}", "/ui/assets/{name}"];

    private const string Html = "<!doctype html><title>console</title>";
    private const string Script = "/ui/assets/index-0a1b2c3d.js";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleanstasks-");
    private WebApplication app = null!;
    private ServiceClient client = null!;

    public async ValueTask InitializeAsync()
    {
        await ConsoleArchive.Write(
            Path.Combine(folder.FullName, ConsolePack.Archive),
            ("index.html", Html), ("index.html.br", "html as Brotli"), ("index.html.gz", "html as gzip"),
            ("assets/index-0a1b2c3d.js", "run()"), ("assets/index-0a1b2c3d.js.br", "script as Brotli"), ("assets/icon-1.svg", "<svg/>"));
        app = await Start(needsKey: false);
        client = ClientOf(app);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/ui")]
    [InlineData("/ui/tasks")]
    [InlineData("/ui/tasks/018f0000-0000-7000-8000-000000000000?tab=log")]
    [InlineData("/ui/nodes/a%2Fb")]
    public async Task Get_AnyAddressOfThePage_IsThePageUnderItsPolicy(string path)
    {
        var page = await client.Get(path);
        Assert.Equal((200, "text/html; charset=utf-8", Html), (page.Status, page.Type, page.Text));
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            page.Headers["Content-Security-Policy"]);
        Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"]);
        Assert.Equal("no-cache", page.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task Get_AssetByItsHashedName_IsKeptForAYear()
    {
        var script = await client.Get(Script);
        Assert.Equal((200, "text/javascript; charset=utf-8", "run()"), (script.Status, script.Type, script.Text));
        Assert.Equal("max-age=31536000, immutable", script.Headers["Cache-Control"]);
        Assert.Equal("nosniff", script.Headers["X-Content-Type-Options"]);
        Assert.Equal("Accept-Encoding", script.Headers["Vary"]);
        Assert.Equal("image/svg+xml", (await client.Get("/ui/assets/icon-1.svg")).Type);
    }

    [Theory]
    [InlineData("/ui/assets/index-00000000.js")]
    [InlineData("/ui/assets/index-0a1b2c3d.js.br")]
    [InlineData("/ui/assets/..%2Findex.html")]
    [InlineData("/ui/assets/%2e%2e%2fassets%2ficon-1.svg")]
    public async Task Get_AssetThatThePackHasNot_Is404(string path) => (await client.Get(path)).Problem(404, "not-found");

    [Theory]
    [InlineData("/", "br, gzip", "br", "html as Brotli")]
    [InlineData("/", "gzip, deflate", "gzip", "html as gzip")]
    [InlineData("/", "br;q=0, GZIP;q=0.5", "gzip", "html as gzip")]
    [InlineData("/", "identity", null, Html)]
    [InlineData("/", "br;q=x", null, Html)]
    [InlineData(Script, "gzip, br", "br", "script as Brotli")]
    [InlineData(Script, "gzip", null, "run()")]
    public async Task Get_WithEncodings_IsCompressedAsTheCallerTakesIt(string path, string accepted, string? encoding, string body)
    {
        var answer = await client.Get(path, ("Accept-Encoding", accepted));
        Assert.Equal(encoding, answer.Headers.GetValueOrDefault("Content-Encoding"));
        Assert.Equal(body, answer.Text);
    }

    [Fact]
    public async Task Head_SaysTheLengthAndSendsNothing()
    {
        var answer = await client.Send(HttpMethod.Head, "/ui/queues");
        Assert.Equal((200, "", Html.Length.ToString(global::System.Globalization.CultureInfo.InvariantCulture)), (answer.Status, answer.Text, answer.Headers["Content-Length"]));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/ui/tasks")]
    [InlineData(Script)]
    public async Task Post_ToAPage_Is405(string path) => (await client.Post(path, "{}")).Problem(405, "method-not-allowed");

    [Fact]
    public async Task Get_WithTheTagOfTheSameRepresentation_Is304()
    {
        var tag = (await client.Get("/", ("Accept-Encoding", "br"))).Headers["ETag"];
        Assert.Equal(304, (await client.Get("/ui/jobs", ("Accept-Encoding", "br"), ("If-None-Match", tag))).Status);
        Assert.Equal(200, (await client.Get("/", ("Accept-Encoding", "gzip"), ("If-None-Match", tag))).Status);
    }

    [Fact]
    public async Task Get_WhereAKeyIsNeededAndNoneGiven_ThePageIsTheFormAndFilesAreOpen()
    {
        await using var guarded = await Start(needsKey: true);
        using var stranger = ClientOf(guarded);
        var page = await stranger.Get("/ui/tasks", ("Accept", "text/html"), ("If-None-Match", "*"));
        Assert.Equal((401, Html), (page.Status, page.Text));
        Assert.Contains("trusted-types 'none'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        (await stranger.Get("/ui/tasks", ("Accept", "application/json"))).Problem(401, "unauthenticated");
        Assert.Equal(200, (await stranger.Get(Script)).Status);
    }

    [Fact]
    public void In_FolderWithoutArchive_SaysWhy()
    {
        var empty = folder.CreateSubdirectory("empty").FullName;
        Assert.Contains("npm", ConsolePack.In(empty).Missing, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(empty, ConsolePack.MissingNote), "npm is <not> installed.\n");
        Assert.Equal("npm is <not> installed.", ConsolePack.In(empty).Missing);
        Assert.Null(ConsolePack.In(folder.FullName).Missing);
    }

    private async Task<WebApplication> Start(bool needsKey)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddAccess(new AccessOptions(new IPEndPoint(IPAddress.Loopback, 0), null, false, needsKey));
        var built = builder.Build();
        built.UseProblems();
        built.UseRouting();
        built.UseMiddleware<KeyGuard>();
        built.MapConsole(ConsolePack.In(folder.FullName));
        await built.StartAsync();
        return built;
    }

    private static ServiceClient ClientOf(WebApplication app) =>
        new(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
}
