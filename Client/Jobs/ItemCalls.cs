using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Jobs;

/// <summary>Accepts the items of jobs whose source is a stream, and closes the stream.</summary>
/// <param name="grains">The jobs.</param>
/// <param name="lifetime">Ends uploads when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class ItemCalls(GatewayGrains grains, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const string Lines = "application/x-ndjson";

    /// <summary>Accepts any number of lines. Answers once all are on disk.</summary>
    internal async Task Append(HttpContext context)
    {
        RequestBody.Require(context, Lines);
        Unbind(context);
        var upload = new ItemUpload(grains.Job(JobCalls.IdOf(context)), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await upload.Run(context.Request.BodyReader, ends.Token);
        }
        catch (Exception fault) when (ProblemOf(fault, context) is { } problem)
        {
            await context.WriteProblem(problem with { Accepted = upload.Accepted });
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteNumber("accepted"u8, upload.Accepted);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    /// <summary>Closes a job's stream: no more items will come.</summary>
    internal async Task Close(HttpContext context)
    {
        var id = JobCalls.IdOf(context);
        switch ((await Writes.Twice(() => grains.Job(id).Close())).Reply)
        {
            case CloseOutcome.NotAStream:
                throw new ProblemException(Problems.NotAStream());
            case CloseOutcome.NoJob:
                throw JobCalls.NoJob();
            case CloseOutcome.Finished:
                throw JobCalls.Finished(await grains.Jobs.Get(id) ?? throw JobCalls.NoJob());
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await JobCalls.Send(context, await Writes.ThenRead(() => grains.Jobs.Get(id)) ?? throw JobCalls.NoJob());
    }

    /// <summary>Removes the limits on body size and data rate: a stream may have any length and speed.</summary>
    private static void Unbind(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private Problem? ProblemOf(Exception fault, HttpContext context) => fault switch
    {
        ProblemException refusal => refusal.Problem,
        StoreUnavailableException => Problems.StoreUnavailable(),
        StoreRefusedException => Problems.StoreRefused(),
        BadHttpRequestException => null,
        IOException when !context.RequestAborted.IsCancellationRequested => RequestBody.Broken().Problem,
        OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested
            && !context.RequestAborted.IsCancellationRequested => Problems.NotReady("The service is shutting down. Send the rest later."),
        _ when Faults.IsOutcomeUnknown(fault) => Problems.OutcomeUnknown(),
        _ => null,
    };
}
