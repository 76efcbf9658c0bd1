using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Simulation.Webhooks;

/// <summary>A webhook as its author and its target know it.</summary>
internal sealed class KnownWebhook(string id, WebhookTypes types)
{
    private readonly Dictionary<string, byte[]> bodies = new(StringComparer.Ordinal);
    private readonly HashSet<string> accepted = new(StringComparer.Ordinal);

    public string Id { get; } = id;

    /// <summary>What had happened before it was asked for: nothing of that may be sent.</summary>
    public required WebhookCursor Least { get; init; }

    /// <summary>Up to where events are in <see cref="Missing"/> or have arrived; begins with the answer to its creation.</summary>
    public WebhookCursor Expected { get; set; }

    /// <summary>Ids of the events that have not been accepted.</summary>
    public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

    public bool IsDeleted { get; set; }

    /// <summary>An event has happened.</summary>
    public void Expect(in StoredEvent happened)
    {
        var message = happened.MessageFor(Id);
        if ((happened.Type & types) == 0)
            return;
        if (bodies.TryGetValue(message, out var sent))
            Violation.Unless(
                SentBody.IsOfEvent(sent, happened.ToJson().Span), $"{message} was sent with another body than its event has.");
        if (!accepted.Contains(message))
            Missing.Add(message);
    }

    /// <summary>A request has come.</summary>
    public void Check(WebhookRequest request)
    {
        Violation.Unless(request.Message.StartsWith($"msg_{Id}_", StringComparison.Ordinal), $"{request.Message} came to {Id}.");
        var place = request.Message.Split('_')[3];
        var number = Convert.ToInt64(place[1..], 16);
        var least = place[0] switch
        {
            'l' => Least.Log,
            'n' => Least.Nodes,
            _ => Least.Resources,
        };
        Violation.Unless(number > least, $"{request.Message} is of before the webhook was made.");
        var body = request.Body.ToArray();
        Violation.Unless(
            bodies.TryAdd(request.Message, body) || SentBody.Agree(bodies[request.Message], body),
            $"{request.Message} was sent with two bodies that contradict each other.");
    }

    /// <summary>The target accepts an event; false when it has accepted it before.</summary>
    public bool Accept(string message)
    {
        Missing.Remove(message);
        return accepted.Add(message);
    }

    public override string ToString() => $"{Id}: {accepted.Count} accepted, missing {Missing.Count}, such as {Missing.FirstOrDefault()}";
}
