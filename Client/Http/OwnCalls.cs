using Microsoft.AspNetCore.Http.Features;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Makes calls of the HTTP API in this process, on behalf of a caller whose request is being answered. A call passes
/// the whole pipeline with the caller's key, address and headers, so it is checked, limited, audited and answered as if
/// the caller had sent it.
/// </summary>
public sealed class OwnCalls
{
    /// <summary>
    /// Maximum size of an answer that is kept, in bytes. A list ends with the item that makes it
    /// <see cref="ServiceLimits.ListBytes"/> long. That item may be a stored body, whose characters may be escaped.
    /// </summary>
    internal const int MostBytes = ServiceLimits.ListBytes + (8 * ServiceLimits.BodyBytes);

    private static readonly string[] Inherited =
    [
        "Host", "Authorization", "Cookie", "Origin", Audit.RequestOrigin.ReasonHeader, Audit.RequestOrigin.ActorHeader,
    ];

    private RequestDelegate? pipeline;

    /// <summary>Stores the pipeline. Must be the first middleware.</summary>
    internal RequestDelegate Begin(RequestDelegate whole) => pipeline = whole;

    /// <summary>Makes a call on behalf of a caller.</summary>
    /// <param name="caller">The request that is being answered.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellation">Ends the call.</param>
    internal async Task<OwnAnswer> Send(HttpContext caller, OwnCall call, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, caller.RequestAborted);
        await using var kept = new BoundedStream(MostBytes, end);
        var response = new OwnResponse();
        var context = Make(caller, call, response, kept, end);
        try
        {
            await pipeline!(context);
            await context.Response.CompleteAsync();
        }
        catch (OperationCanceledException) when (kept.IsFull)
        {
            // The answer is too long, which its null body reports.
        }
        finally
        {
            await response.Complete();
        }

        cancellation.ThrowIfCancellationRequested();
        return new OwnAnswer(context.Response.StatusCode, context.Response.Headers, kept.IsFull ? null : kept.ToArray());
    }

    private static DefaultHttpContext Make(
        HttpContext caller, OwnCall call, OwnResponse response, Stream kept, CancellationTokenSource end)
    {
        var body = call.Body ?? [];
        var request = new HttpRequestFeature
        {
            Method = call.Method,
            Scheme = caller.Request.Scheme,
            Protocol = caller.Request.Protocol,
            Path = call.Path,
            QueryString = call.Query,
            Body = new MemoryStream(body, writable: false),
        };
        foreach (var name in Inherited)
        {
            if (caller.Request.Headers.TryGetValue(name, out var values))
                request.Headers[name] = values;
        }

        if (call.Body is not null)
        {
            request.Headers.ContentType = "application/json";
            request.Headers.ContentLength = body.Length;
        }

        foreach (var (name, value) in call.Headers)
            request.Headers[name] = value;

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(call.Body is not null));
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(kept));
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(end));
        features.Set(caller.Features.Get<IHttpConnectionFeature>());
        return new DefaultHttpContext(features) { RequestServices = caller.RequestServices };
    }

    /// <summary>A response that runs the callbacks registered to run after it; the base class ignores them.</summary>
    private sealed class OwnResponse : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Run, object State)> after = [];

        public override void OnCompleted(Func<object, Task> callback, object state) => after.Push((callback, state));

        public async Task Complete()
        {
            while (after.TryPop(out var next))
                await next.Run(next.State);
        }
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;

    private sealed class Lifetime(CancellationTokenSource end) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = end.Token;

        public void Abort() => end.Cancel();
    }

    /// <summary>Keeps what is written up to a limit. More than that ends the call.</summary>
    private sealed class BoundedStream(int most, CancellationTokenSource end) : MemoryStream
    {
        public bool IsFull { get; private set; }

        // All other write methods of the base class lead to this one.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Length + count <= most)
            {
                base.Write(buffer, offset, count);
                return;
            }

            IsFull = true;
            end.Cancel();
        }
    }
}

/// <summary>A call of the HTTP API.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with escaped names.</param>
/// <param name="Query">The query with its question mark; empty for none.</param>
internal sealed record OwnCall(string Method, string Path, string Query = "")
{
    /// <summary>The JSON body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Headers in addition to the caller's.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}

/// <summary>The answer to an <see cref="OwnCall"/>.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body; null if it is longer than <see cref="OwnCalls.MostBytes"/>.</param>
internal sealed record OwnAnswer(int Status, IHeaderDictionary Headers, byte[]? Body)
{
    /// <summary>Whether the call succeeded.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;
}
