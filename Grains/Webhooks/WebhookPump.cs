using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Signs and sends tries, each for at most <see cref="LongestTry"/>, and queues their results for the grain's loop.
/// Used in one grain's turns only. Calls <paramref name="ended"/> after each try.
/// </summary>
internal sealed class WebhookPump(
    IWebhookSender sender, EventSubjects subjects, SteadyClock clock, TimeProvider time, Action ended)
{
    /// <summary>
    /// With the 5 s before the second try, this keeps the promise of a second try within 25 s, even if it must wait for
    /// another try to end.
    /// </summary>
    public static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10);

    private readonly Queue<EndedTry> line = new();
    private readonly List<(LiveWebhook Target, CancellationTokenSource Ends, Task Sending)> running = [];

    /// <summary>Whether results are waiting.</summary>
    public bool HasEnded => line.Count > 0;

    public void Start(PendingDelivery delivery)
    {
        var ends = new CancellationTokenSource();
        var place = running.Count;
        // Added first, because Send may end at once and then removes the entry.
        running.Add((delivery.Target, ends, Task.CompletedTask));
        var sending = Send(delivery, ends);
        if (!sending.IsCompleted)
            running[place] = (delivery.Target, ends, sending);
    }

    /// <summary>Takes the oldest result.</summary>
    public bool TryTakeEnded(out EndedTry taken) => line.TryDequeue(out taken);

    /// <summary>Cancels a webhook's tries; completes when none is running.</summary>
    public Task Cancel(LiveWebhook target)
    {
        var its = running.Where(one => one.Target == target).ToArray();
        foreach (var (_, ends, _) in its)
            ends.Cancel();
        return Task.WhenAll(its.Select(static one => one.Sending));
    }

    public void CancelAll()
    {
        foreach (var (_, ends, _) in running.ToArray())
            ends.Cancel();
    }

    private async Task Send(PendingDelivery delivery, CancellationTokenSource ends)
    {
        var begun = clock.Now;
        var answer = await Answer(delivery, ends.Token);
        running.RemoveAll(one => one.Ends == ends);
        ends.Dispose();
        line.Enqueue(new EndedTry(delivery, answer, Math.Max(0, clock.Now - begun)));
        ended();
    }

    [SuppressMessage("Design", "CA1031", Justification = "One target's trouble must not end the deliveries of others.")]
    private async Task<WebhookAnswer?> Answer(PendingDelivery delivery, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(LongestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            if (delivery.Bare is { } bare)
                delivery.Fill(await subjects.Body(bare).WaitAsync(either.Token));
            // Bytes that are not UTF-8 have become longer, and errors have any length.
            return (await sender.Send(RequestOf(delivery), either.Token)).Storable();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (StoreUnavailableException)
        {
            // Nothing was sent, so nothing counts.
            return null;
        }
        catch (OperationCanceledException)
        {
            return new WebhookAnswer(null, $"The target did not answer within {LongestTry.TotalSeconds:0} s.");
        }
        catch (Exception fault)
        {
            return new WebhookAnswer(null, fault.Message).Storable();
        }
    }

    private WebhookRequest RequestOf(PendingDelivery delivery)
    {
        var row = delivery.Target.Row;
        var wall = clock.Wall;
        var seconds = wall / 1_000;
        var signature = WebhookSecret.Sign(row.Secret, delivery.Message, seconds, delivery.Body);
        if (!row.OldSecret.IsEmpty && wall < row.OldUntil)
            signature += " " + WebhookSecret.Sign(row.OldSecret, delivery.Message, seconds, delivery.Body);
        return new WebhookRequest(new Uri(row.Url), delivery.Message, seconds, signature, delivery.Body);
    }
}
