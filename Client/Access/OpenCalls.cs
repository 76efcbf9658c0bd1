using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Ends calls whose key is revoked or whose session ends while they are still being answered, such as event streams,
/// logs, waits, downloads and uploads. This takes at most 3 s including <see cref="KeyRing.Freshness"/>, and 4 s if the
/// handler ignores the cancellation. While the keys cannot be read, calls stay open; the gateway has nothing to send
/// them then.
/// </summary>
public sealed class OpenCalls(KeyRing keys, SessionStore sessions, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long a caller that is still sending has to read the refusal.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<OpenCall, bool> calls = new();
    private int isWatching;

    /// <summary>Runs a call. Throws what the call throws.</summary>
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
            // Restore RequestAborted, so that writing the refusal is not cancelled.
            call.Dispose();
            // Part of the answer may have been sent. Abort, so that the caller notices that the rest is missing.
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
    /// Refuses a call whose body may have been read in part. The connection of an upload is cut, because the server
    /// would otherwise keep reading it for 5 s.
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

    // Runs while there are calls. The outer loop catches a call that was added just before isWatching was reset.
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
            // Nothing is known now; the next check may find out.
            return true;
        }
    }
}
