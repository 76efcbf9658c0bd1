using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Silo.Files;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Silo.Webhooks;
using OrleansTasks.Storage.Memory;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Files that tasks name by address are fetched, checked and stored.</summary>
public sealed class UrlFilesTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("content ", 100_000)));
    private static readonly FileName Hash = FileName.Read(SHA256.HashData(Content));
    private static readonly LeaseRef Own =
        new(new TaskId(0x0190_0000_0000_7000, 0x8000_0000_0000_0002), "default", 1, new LeaseToken(3, 4));

    private readonly MemoryTaskStore tasks = new(TimeProvider.System);
    private readonly ManualTime time = new();
    private readonly SemaphoreSlim mayTrickle = new(0);
    private readonly SemaphoreSlim hasTrickled = new(0);
    private WebApplication server = null!;
    private string root = "";
    private int requests;

    private FileDepot Depot => new(new MemoryFileStore(), tasks.Files, new FileDepotOptions(), TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/file", () =>
        {
            Interlocked.Increment(ref requests);
            return Results.Bytes(Content);
        });
        server.MapGet("/moved", () => Results.Redirect("/file"));
        server.MapGet("/inside", () => Results.Redirect("http://169.254.1.1/"));
        server.MapGet("/loop", () => Results.Redirect("/loop"));
        server.MapGet("/cut", async (HttpContext context) =>
        {
            context.Response.ContentLength = Content.Length;
            await context.Response.Body.WriteAsync(Content.AsMemory(0, 1_000));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        server.MapGet("/hold", static async (HttpContext context) =>
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        server.MapGet("/trickle", async (HttpContext context) =>
        {
            for (; ; hasTrickled.Release())
            {
                await mayTrickle.WaitAsync(context.RequestAborted);
                await context.Response.Body.WriteAsync(new byte[1]);
                await context.Response.Body.FlushAsync();
            }
        });
        await server.StartAsync(Cancellation);
        root = server.Urls.Single();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        mayTrickle.Dispose();
        hasTrickled.Dispose();
    }

    [Theory]
    [InlineData("/file")]
    [InlineData("/moved")]
    public async Task File_OfTheRightHash_IsStored(string path)
    {
        using var urls = Of(Loopback);

        Assert.Null(await Ended(urls, root + path));

        Assert.Equal(new StoredFile(Hash, Content.Length), await tasks.Files.Find(Hash));
        Assert.Equal(1, requests);
    }

    [Theory]
    [InlineData("/none", "answers 404.")]
    [InlineData("/loop", "redirects more than 5 times.")]
    [InlineData("/inside", "leads to 169.254.1.1, which is not a public address")]
    [InlineData("/cut", "cannot be fetched")]
    public async Task File_ThatCannotBeHad_IsAFault(string path, string fault)
    {
        using var urls = Of(Loopback);

        Assert.Contains(fault, await Ended(urls, root + path), StringComparison.Ordinal);
        Assert.Null(await tasks.Files.Find(Hash));
    }

    [Fact]
    public async Task File_OfAnotherHash_IsAFaultAndNotStored()
    {
        using var urls = Of(Loopback);
        var other = FileName.Of("other"u8);

        Assert.Contains("has other bytes than expected", await Ended(urls, root + "/file", other), StringComparison.Ordinal);

        Assert.Equal([other, Hash], await tasks.Files.Missing([other, Hash], 1));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("named.example")]
    public async Task Address_ThatWebhooksMayNotReach_IsRefused(string host)
    {
        using var urls = Of();
        var url = new UriBuilder(root + "/file") { Host = host }.Uri.ToString();

        Assert.Contains("which is not a public address", await Ended(urls, url), StringComparison.Ordinal);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task Connection_ThatTakesTooLong_SaysSo()
    {
        using var urls = new UrlFiles(
            Depot, new TargetRule([], allowsAll: true), TimeProvider.System, Patience,
            static async (_, cancellation) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return [];
            });

        Assert.Contains("No connection within 8 s.", await Ended(urls, "http://named.example/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatSendsAByteNowAndThen_DoesNotKeepItsTurn()
    {
        using var urls = InManualTime(TimeSpan.FromDays(1));
        Assert.False(urls.TryFinish(root + "/trickle", Hash, out _));

        for (var seconds = 0; seconds < 60; seconds += 10)
        {
            mayTrickle.Release();
            Assert.True(await hasTrickled.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
            time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Contains(
            "Less than 256 KiB arrived within 60 s.", await Ended(urls, root + "/trickle"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_ThatTakesTooLong_GivesItsTurnUp()
    {
        using var urls = new UrlFiles(Depot, new TargetRule([], allowsAll: true), time, TimeSpan.FromDays(1))
        {
            Longest = TimeSpan.FromSeconds(50),
        };
        Assert.False(urls.TryFinish(root + "/trickle", Hash, out _));
        mayTrickle.Release();
        Assert.True(await hasTrickled.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));

        // The timeout of a block has not ended yet.
        time.Advance(TimeSpan.FromSeconds(50));

        Assert.Contains("did not arrive within", await Ended(urls, root + "/trickle"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Downloads_ForWhichNoAttemptAsks_EndAndGiveTheirTurnsToOthers()
    {
        using var urls = InManualTime(Patience);
        for (var i = 0; i < 4; i++)
            Assert.False(urls.TryFinish($"{root}/hold?{i}", Hash, out _));
        Assert.False(urls.TryFinish(root + "/file?waits", Hash, out _));

        time.Advance(Patience);

        Assert.Null(await Ended(urls, root + "/file"));
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Downloads_FromAServerThatIsSlow_HoldUpNoOthers()
    {
        using var urls = InManualTime(TimeSpan.FromDays(1));
        for (var i = 0; i < 20; i++)
            Assert.False(urls.TryFinish($"{root}/hold?{i}", Hash, out _));

        // The same machine, but another server to those who ask for it.
        Assert.Null(await Ended(urls, new UriBuilder(root + "/file") { Host = "named.example" }.Uri.ToString()));

        Assert.False(urls.TryFinish(root + "/file?waits", Hash, out _));
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Downloads_BeyondTheMost_AreNotRemembered()
    {
        using var urls = InManualTime(Patience);
        for (var i = 0; i < 1_000; i++)
            Assert.False(urls.TryFinish($"{root}/hold?{i}", Hash, out _));
        time.Advance(Patience / 2);
        Assert.False(urls.TryFinish(root + "/file?late", Hash, out _));

        time.Advance(Patience / 2);

        Assert.Null(await Ended(urls, root + "/moved"));
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Inputs_OfAnAddress_ArePendingUntilTheyAreThere_AndThenNeedNoFetch()
    {
        using var urls = Of(Loopback);
        var inputs = new TaskInputs(tasks, tasks.Files, urls);
        var spec = TaskSpecReader.ReadStored(
            Encoding.UTF8.GetBytes($$$"""
                {"cmd":"true","files":[
                  {"path":"a","url":"{{{root}}}/file","sha256":"{{{Hash}}}"},
                  {"path":"b","url":"{{{root}}}/none","sha256":"{{{Hash}}}","executable":true}]}
                """),
            default);

        Assert.True((await inputs.Of(Own, spec)).IsPending);
        FoundInputs? found = null;
        await Until.Holds("the file is there", Limit, async () => !(found = await inputs.Of(Own, spec)).IsPending);

        // The answer about the other address may have come first.
        if (found!.Fault is not null)
        {
            await Until.Holds("the file is there", Limit, async () =>
                (found = await new TaskInputs(tasks, tasks.Files, urls).Of(Own, spec)) is { IsPending: false, Fault: null });
        }

        Assert.Equal(["a False", "b True"], found.Files.Select(static file => $"{file.Path} {file.Executable}"));
        Assert.Equal(1, requests);
    }

    private UrlFiles Of(params IPNetwork[] allowed) => Of(TimeProvider.System, Patience, allowed);

    private UrlFiles InManualTime(TimeSpan patience) => Of(time, patience, [Loopback]);

    private UrlFiles Of(TimeProvider clock, TimeSpan patience, IPNetwork[] allowed) => new(
        Depot, new TargetRule(allowed, allowsAll: false), clock, patience,
        static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

    private static async Task<string?> Ended(UrlFiles urls, string url, FileName? hash = null)
    {
        string? fault = null;
        await Until.Holds("the fetch has ended", Limit, () => Task.FromResult(urls.TryFinish(url, hash ?? Hash, out fault)));
        return fault;
    }
}
