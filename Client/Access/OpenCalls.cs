using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Ends calls whose key is revoked or whose session ends while they are being answered: event streams, logs, waits,
/// downloads and uploads last long. With <see cref="KeyRing.Freshness"/> it takes at most 3 s, and 4 s for a call that does not
/// listen. While the keys cannot be read, calls stay open; the gateway has nothing to send them then.
/// </summary>
public sealed class OpenCalls(KeyRing keys, SessionStore sessions, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long a caller that still sends has to read the refusal.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<OpenCall, bool> calls = new();
    private int isWatching;

    /// <summary>Has a call answered; throws what that throws.</summary>
    internal async Task Run(HttpContext context, RequestDelegate next, string keyId, string? session)
    {
        using var call = new OpenCall(context, keyId, session);
        calls.TryAdd(call, true);
        if (Interlocked.CompareExchange(ref isWatching, 1, 0) == 0)
            _ = Watch();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (call.IsEnded)
        {
            // What is said now is not cancelled.
            call.Dispose();
            // Half an answer may be out: the caller must see that the rest is missing.
            if (context.Response.HasStarted)
                context.Abort();
            else
                await Refuse(context, session is null ? AccessProblems.WrongKey : AccessProblems.SessionEnded);
        }
        finally
        {
            calls.TryRemove(call, out _);
        }
    }

    /// <summary>
    /// Refuses a call that has been read in part. The server would go on reading an upload for 5 s, so the connection of one is cut.
    /// </summary>
    private async Task Refuse(HttpContext context, Problem problem)
    {
        await context.Refuse(problem);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return;
        await context.Response.CompleteAsync();
        await Task.Delay(Farewell, time);
        context.Abort();
    }

    // Runs while there are calls.
    private async Task Watch()
    {
        do
        {
            while (!calls.IsEmpty)
            {
                await Task.Delay(Period, time);
                foreach (var (call, _) in calls)
                    if (!await IsAllowed(call))
                        call.End();
            }

            Volatile.Write(ref isWatching, 0);
        }
        while (!calls.IsEmpty && Interlocked.CompareExchange(ref isWatching, 1, 0) == 0);
    }

    private async Task<bool> IsAllowed(OpenCall call)
    {
        if (call.Session is { } secret && sessions.FindKeyId(secret) is null)
            return false;
        try
        {
            return await keys.FindById(call.KeyId) is not null;
        }
        catch (Exception)
        {
            // Nothing is known; the next look may tell.
            return true;
        }
    }
}
