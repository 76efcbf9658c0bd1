using Microsoft.AspNetCore.Connections;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Turns every fault into a problem: refusals that endpoints throw, exceptions from the cluster, requests that Kestrel
/// failed to read, and routing's bare statuses. It is the outermost middleware, and the only place that does this.
/// </summary>
/// <param name="next">The rest of the pipeline.</param>
/// <param name="logger">Logs the service's own faults and, at most once a second, why the store fails.</param>
/// <param name="time">The clock.</param>
public sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger, TimeProvider time)
{
    private long storeLoggedAt;

    /// <summary>Runs the rest of the pipeline, and answers with a problem if it fails.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        try
        {
            var rest = next(context);
            return rest.IsCompletedSuccessfully && context.Response.StatusCode < 400 ? Task.CompletedTask
                : Watch(context, rest);
        }
        catch (Exception fault)
        {
            return Answer(context, fault);
        }
    }

    private async Task Watch(HttpContext context, Task rest)
    {
        try
        {
            await rest;
        }
        catch (Exception fault)
        {
            await Answer(context, fault);
            return;
        }

        var response = context.Response;
        if (response.StatusCode >= 400 && !response.HasStarted && response.ContentLength is null
            && response.ContentType is null)
            await context.WriteProblem(OfStatus(context));
    }

    private Task Answer(HttpContext context, Exception fault)
    {
        // The peer has gone, which the request may not know yet.
        if (fault is ConnectionResetException)
            context.Abort();
        // Unless Kestrel hears of a body that has ended early, it looks for the next request in the middle of this one,
        // and logs a warning with a stack for each connection.
        if (fault is BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest }
            && context.Request.ContentLength is not null)
            return Task.FromException(fault);
        if (fault is ConnectionResetException || context.RequestAborted.IsCancellationRequested)
            return Task.CompletedTask;
        var problem = Of(fault);
        if (problem.Status == 500)
            LogFailed(context.Request.Method, context.GetEndpoint()?.DisplayName, ProblemWriter.TraceOf(context),
                fault);
        else if (fault is StoreUnavailableException && IsDue())
            LogStore(fault.Message);
        if (context.Response.HasStarted)
        {
            // Part of the answer may have been sent. Abort, so that the caller notices that the rest is missing.
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        return context.WriteProblem(problem);
    }

    private bool IsDue()
    {
        var (now, last) = (time.GetTimestamp(), Volatile.Read(ref storeLoggedAt));
        return (last == 0 || time.GetElapsedTime(last, now) >= TimeSpan.FromSeconds(1))
            && Interlocked.CompareExchange(ref storeLoggedAt, now, last) == last;
    }

    private static Problem Of(Exception fault) => fault switch
    {
        ProblemException refusal => refusal.Problem,
        BadHttpRequestException { StatusCode: 413 } => Problems.BodyTooLarge(RequestBody.LargestBatch),
        BadHttpRequestException { StatusCode: 408 } => Problems.RequestTimeout(),
        BadHttpRequestException bad => Problems.BadRequest(bad.Message),
        StoreUnavailableException => Problems.StoreUnavailable(),
        StoreRefusedException => Problems.StoreRefused(),
        TooManyQueuesException => Problems.TooManyQueues(),
        OutcomeUnknownException => Problems.OutcomeUnknown(),
        _ when fault is TimeoutException || Faults.IsSiloGone(fault) =>
            Problems.NotReady("The cluster did not answer in time. Try again later."),
        _ => Problems.InternalError(),
    };

    private static Problem OfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Problems.NotFound("This address does not exist; /openapi/v1.json lists all addresses."),
        405 => Problems.MethodNotAllowed(context.Request.Method, context.Response.Headers.Allow.ToString()),
        415 => Problems.UnsupportedMediaType("application/json"),
        var status => Problems.InternalError() with { Status = status },
    };
}
