using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Makes tries: signs what is sent, has it sent, and puts what came of it into a line for the grain's loop. A try ends after
/// <see cref="LongestTry"/>. Used in the turns of one grain only.
/// </summary>
/// <param name="sender">Sends.</param>
/// <param name="clock">Measures tries, and dates them.</param>
/// <param name="time">Ends tries that take too long.</param>
/// <param name="ended">Called when a try has ended.</param>
internal sealed class WebhookPump(IWebhookSender sender, SteadyClock clock, TimeProvider time, Action ended)
{
    /// <summary>
    /// How long a try may take: with the five seconds before the second one, that is made within 25 s, even if it has to wait for
    /// another try to end.
    /// </summary>
    public static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10);

    private readonly Queue<EndedTry> line = new();
    private readonly List<(LiveWebhook Target, CancellationTokenSource Ends, Task Sending)> running = [];

    /// <summary>Whether tries have ended that nobody has taken.</summary>
    public bool HasEnded => line.Count > 0;

    /// <summary>Begins a try.</summary>
    public void Start(PendingDelivery delivery)
    {
        var ends = new CancellationTokenSource();
        var place = running.Count;
        running.Add((delivery.Target, ends, Task.CompletedTask));
        var sending = Send(delivery, ends);
        if (!sending.IsCompleted)
            running[place] = (delivery.Target, ends, sending);
    }

    /// <summary>Takes a try that has ended, in the order of the ends.</summary>
    public bool TryTakeEnded(out EndedTry taken) => line.TryDequeue(out taken);

    /// <summary>Cancels the tries to a webhook's target; completes when none runs any more.</summary>
    public Task Cancel(LiveWebhook target)
    {
        var its = running.Where(one => one.Target == target).ToArray();
        foreach (var (_, ends, _) in its)
            ends.Cancel();
        return Task.WhenAll(its.Select(static one => one.Sending));
    }

    /// <summary>Cancels every try.</summary>
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
            var answer = await sender.Send(RequestOf(delivery), either.Token);
            // Cut by characters, since a sender has its own idea of bytes.
            return answer.Text is { Length: > WebhookAnswer.MostBytes } text
                ? answer with { Text = text[..WebhookAnswer.MostBytes] }
                : answer;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return new WebhookAnswer(null, $"The target did not answer within {LongestTry.TotalSeconds:0} s.");
        }
        catch (Exception fault)
        {
            return new WebhookAnswer(null, fault.Message);
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
