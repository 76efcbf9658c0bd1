using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A gateway with one task, which cuts the connections of waits, and those of output after three bytes.</summary>
internal sealed class CuttingGateway : IAsyncDisposable
{
    public const string Id = "0199aa00-0000-7000-8000-000000000001";
    private readonly WebApplication app;
    private int waits;
    private int submissions;

    private CuttingGateway(WebApplication app) => this.app = app;

    /// <summary>Where it is.</summary>
    public string Url => app.Urls.First();

    /// <summary>How many waits are cut before one is answered.</summary>
    public int CutWaits { get; init; }

    /// <summary>How many submissions are cut before one is answered.</summary>
    public int CutSubmissions { get; init; }

    /// <summary>Whether submissions are not cut but refused with <c>in-flight</c>.</summary>
    public bool IsAnswering { get; init; }

    /// <summary>Whether output is not cut but goes on for ever after its first bytes.</summary>
    public bool HoldsOutput { get; init; }

    /// <summary>What the task wrote.</summary>
    public string Written { get; init; } = "";

    /// <summary>How many submissions have come.</summary>
    public int Submissions => Volatile.Read(ref submissions);

    public static async Task<CuttingGateway> Start(int cutWaits = 0, int cutSubmissions = 0, string written = "",
        bool holdsOutput = false, bool isAnswering = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var gateway = new CuttingGateway(builder.Build())
        {
            CutWaits = cutWaits, CutSubmissions = cutSubmissions, Written = written, HoldsOutput = holdsOutput,
            IsAnswering = isAnswering,
        };
        gateway.app.Run(gateway.Answer);
        await gateway.app.StartAsync();
        return gateway;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task Answer(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            if (Interlocked.Increment(ref submissions) > CutSubmissions)
                return Show(context, "queued");
            return IsAnswering ? Refuse(context) : Cut(context);
        }

        if (context.Request.Path.Value!.EndsWith("/stdout", StringComparison.Ordinal))
            return Output(context);
        if (context.Request.Path.Value.EndsWith("/stderr", StringComparison.Ordinal))
            return Task.CompletedTask;
        return Interlocked.Increment(ref waits) > CutWaits ? Show(context, "succeeded") : Cut(context);
    }

    private static Task Cut(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = 409;
        return context.Response.WriteAsync(
            """{"status":409,"code":"in-flight","detail":"A request with this Idempotency-Key is in flight."}""");
    }

    private static Task Show(HttpContext context, string state) => context.Response.WriteAsync(
        $$"""{"id":"{{Id}}","state":"{{state}}","reason":"exit","exitCode":0}""");

    private async Task Output(HttpContext context)
    {
        var bytes = Encoding.UTF8.GetBytes(Written);
        var from = (int)(context.Request.GetTypedHeaders().Range?.Ranges.First().From ?? 0);
        if (from > 0)
            context.Response.StatusCode = from < bytes.Length ? 206 : 416;
        if (from >= bytes.Length)
            return;
        context.Response.ContentLength = bytes.Length - from;
        // An answer that is shorter than it says ends its connection, with what was sent; an abort would take that back.
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, Math.Min(3, bytes.Length - from)));
        if (!HoldsOutput)
            return;
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    }
}
