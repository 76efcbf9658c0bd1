using OrleansTasks.Storage;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Makes a problem of everything that goes wrong: refusals thrown by endpoints, what the cluster throws, requests that
/// Kestrel gave up reading, and the bare statuses of routing. The outermost middleware, and the only place that does.
/// </summary>
/// <param name="next">The rest.</param>
/// <param name="logger">Gets what is our fault, and once a second at most why the store fails.</param>
/// <param name="time">Tells when a second is over.</param>
public sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger, TimeProvider time)
{
    private long storeLoggedAt;

    /// <summary>Runs the rest and answers for it when it fails.</summary>
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
        if (context.RequestAborted.IsCancellationRequested)
            return Task.CompletedTask;
        var problem = Of(fault);
        if (problem.Status == 500)
            LogFailed(context.Request.Method, context.GetEndpoint()?.DisplayName, ProblemWriter.TraceOf(context),
                fault);
        else if (fault is StoreUnavailableException && IsDue())
            LogStore(fault.Message);
        if (context.Response.HasStarted)
        {
            // Half an answer is out: the caller must see that the rest is missing.
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
        TooManyQueuesException => Problems.TooManyQueues(),
        OutcomeUnknownException => Problems.OutcomeUnknown(),
        TimeoutException or SiloUnavailableException or OrleansMessageRejectionException =>
            Problems.NotReady("The cluster did not answer in time. Try again later."),
        _ => Problems.InternalError(),
    };

    private static Problem OfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Problems.NotFound("Nothing is at this address; /openapi/v1.json lists what there is."),
        405 => Problems.MethodNotAllowed(context.Request.Method, context.Response.Headers.Allow.ToString()),
        415 => Problems.UnsupportedMediaType("application/json"),
        var status => Problems.InternalError() with { Status = status },
    };
}
