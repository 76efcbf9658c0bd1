using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// A job that this program feeds. What fails here, or at the service, leaves the job open, and a message says how to
/// continue. Only an invalid line and Ctrl-C cancel a job, and only one that this program has submitted itself.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="id">The job's id.</param>
/// <param name="upload">The upload's id, a UUID.</param>
/// <param name="isOwn">Whether this program has submitted the job.</param>
/// <param name="errors">Receives messages for the user.</param>
internal sealed class FedJob(Gateway gateway, string id, string upload, bool isOwn, TextWriter errors)
{
    private readonly ItemFeed feed = new(gateway, id, upload, errors, TimeProvider.System);

    private string Path => $"/api/v1/jobs/{PathSegment.OfId(id)}";

    /// <summary>Sends the items. Returns how many of the upload are on disk.</summary>
    public async Task<long> Send(FeedSource source, CancellationToken cancellation)
    {
        try
        {
            await feed.Send(source.Items(), cancellation);
            return feed.Accepted;
        }
        catch (Exception fault) when (fault is not RefusedException { Status: 409 })
        {
            Advise(source, closes: false);
            throw ToUser(fault);
        }
    }

    /// <summary>Sends the items, closes the stream, and returns the job when it has ended.</summary>
    public async Task<JsonNode> Run(FeedSource source, bool bar, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var followed = JobFollower.Follow(gateway, id, bar, end.Token, Patience.OfFeed);
        var sent = SendAndClose();
        try
        {
            // A job that fails may end while its items are still being sent.
            if (await Task.WhenAny(sent, followed) == sent)
                await sent;
            return await followed;
        }
        catch (RefusedException refusal) when (refusal.Status == 409)
        {
            // The job accepts no more items. If it has failed or was cancelled, its end explains more than the refusal.
            var job = await gateway.Get(Path, cancellation);
            if (JobEnd.IsFinal(job) && JobEnd.ExitCode(job) != ExitCodes.Done)
                return job;
            throw;
        }
        catch (Exception fault) when (isOwn && IsForGood(fault, cancellation))
        {
            await end.CancelAsync();
            await Quietly(followed);
            // Without the token: its cancellation may be the reason for giving up the job.
            await Quietly(gateway.Post($"{Path}/cancel", null, null, CancellationToken.None));
            if (fault is SourceFault)
                throw ToUser(fault);
            throw;
        }
        catch (Exception fault)
        {
            await end.CancelAsync();
            await Quietly(followed);
            Advise(source, closes: true);
            throw ToUser(fault);
        }
        finally
        {
            await end.CancelAsync();
            await Quietly(sent);
            await Quietly(followed);
        }

        async Task SendAndClose()
        {
            await feed.Send(source.Items(), end.Token);
            await new FeedPatience(errors, TimeProvider.System, () => feed.Accepted)
                .Repeat(() => gateway.Post($"{Path}/close", null, null, end.Token), end.Token);
        }
    }

    /// <summary>Whether sending the rest later would fail as well, or the user has interrupted the command.</summary>
    private static bool IsForGood(Exception fault, CancellationToken cancellation) =>
        fault is RefusedException { Status: 413 or 422 } or SourceFault { InnerException: UsageException }
        || (fault is OperationCanceledException && cancellation.IsCancellationRequested);

    private static Exception ToUser(Exception fault) => fault is not SourceFault source ? fault
        : source.InnerException as UsageException ?? new UsageException($"--from: cannot read on: {fault.Message}");

    private void Advise(FeedSource source, bool closes) => errors.WriteLine(
        $"otask: {feed.Accepted} items are accepted; the job {id} stays open. To go on"
        + (source.IsInput ? ", with the same input from its beginning" : "")
        + $": otask job feed {id} {source.Options} --upload {upload}{(closes ? " --close" : "")}");

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // The failure that matters is already being reported.
        }
    }
}
