using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Jobs;

/// <summary>Accepts the items of jobs whose source is a stream, and closes the stream.</summary>
/// <param name="grains">The jobs.</param>
/// <param name="ids">Makes the ids of uploads whose callers name none.</param>
/// <param name="lifetime">Ends uploads when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class ItemCalls(
    GatewayGrains grains, TaskIdSource ids, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const string Lines = "application/x-ndjson";

    // Far from overflow when the items of a request are added.
    private const long MostItems = 1L << 60;

    /// <summary>The parameters of <see cref="Append"/>.</summary>
    internal static QueryParameter[] Parameters { get; } =
    [
        new(
            "upload",
            "A UUID that you choose, preferably of version 7. It makes the request safe to repeat: the job skips "
            + "those items of the upload that it has. Without items, the answer's accepted says how many that is.",
            "0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1"),
        new("offset", "The number of the upload's items before the first one of this request; 0 by default.", "20000"),
    ];

    /// <summary>Accepts any number of lines. Answers once all are on disk.</summary>
    internal async Task Append(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        RequestBody.Require(context, Lines);
        Unbind(context);
        var named = UploadOf(query);
        var upload = new ItemUpload(
            grains.Job(JobCalls.IdOf(context)), named ?? ids.Next(), OffsetOf(query), isResumed: named is not null,
            time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await upload.Run(context.Request.BodyReader, ends.Token);
        }
        catch (Exception fault) when (ProblemOf(fault, context, upload.Accepted) is { } problem)
        {
            await context.WriteProblem(problem with { Accepted = upload.Accepted });
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await ContractJson.Send(context, new ItemsAcceptedAnswer(upload.Accepted));
    }

    /// <summary>Closes a job's stream: no more items will come.</summary>
    internal async Task Close(HttpContext context)
    {
        var id = JobCalls.IdOf(context);
        switch (await CloseStream(id))
        {
            case CloseOutcome.NotAStream:
                throw new ProblemException(Problems.NotAStream());
            case CloseOutcome.NoJob:
                throw JobCalls.NoJob();
            case CloseOutcome.Finished:
                throw JobCalls.Finished(await grains.Jobs.Get(id) ?? throw JobCalls.NoJob());
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await JobCalls.Send(context, await grains.Writes.ThenRead(() => grains.Jobs.Get(id)) ?? throw JobCalls.NoJob());
    }

    private async Task<CloseOutcome> CloseStream(TaskId id)
    {
        try
        {
            return (await FeedRepeats.Call(
                _ => grains.Job(id).Close(), isUnknown: false, time, lifetime.ApplicationStopping)).Reply;
        }
        catch (OperationCanceledException)
        {
            throw new ProblemException(Problems.NotReady("The service is shutting down. Close the stream later."));
        }
    }

    /// <summary>Removes the limits on body size and data rate: a stream may have any length and speed.</summary>
    private static void Unbind(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private static TaskId? UploadOf(QueryValues query) => query.Text("upload") switch
    {
        null => null,
        var text when TaskId.TryParse(text.ToLowerInvariant(), out var id) && id != default => id,
        _ => throw QueryValues.Refuse("'upload' must be a UUID, such as 0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1."),
    };

    private static long OffsetOf(QueryValues query)
    {
        if (query.Text("offset") is not { } text)
            return 0;
        if (query.Text("upload") is null)
            throw QueryValues.Refuse("'offset' needs 'upload', the id of the upload.");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && offset <= MostItems
            ? offset
            : throw QueryValues.Refuse($"'offset' must be a whole number from 0 to {MostItems}.");
    }

    private Problem? ProblemOf(Exception fault, HttpContext context, long accepted) => fault switch
    {
        ProblemException refusal => refusal.Problem,
        StoreUnavailableException => Problems.ItemsNotStored(accepted),
        StoreRefusedException => Problems.StoreRefused(),
        BadHttpRequestException => null,
        IOException when !context.RequestAborted.IsCancellationRequested => RequestBody.Broken().Problem,
        OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested
            && !context.RequestAborted.IsCancellationRequested => Problems.NotReady("The service is shutting down. Send the rest later."),
        _ when Faults.IsOutcomeUnknown(fault) => Problems.ItemsUnknown(accepted),
        _ => null,
    };
}
