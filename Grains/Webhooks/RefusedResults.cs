using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>The part of a refused commit that concerns one webhook: its row, if that changed, and its deliveries.</summary>
internal sealed record RefusedResults(string Webhook, ImmutableArray<WebhookRow> Put, ImmutableArray<DeliveryRow> Deliveries, long At)
{
    /// <summary>Returns the parts of a commit of results, by webhook.</summary>
    public static ImmutableArray<RefusedResults> Of(WebhookCommit commit) =>
    [
        .. commit.Put.Select(static row => row.Id).Concat(commit.Deliveries.Select(static row => row.Webhook))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(id => new RefusedResults(
                id, [.. commit.Put.Where(row => row.Id == id)], [.. commit.Deliveries.Where(row => row.Webhook == id)], commit.At)),
    ];

    /// <summary>Returns a commit of several parts of one commit.</summary>
    public static WebhookCommit Join(IEnumerable<RefusedResults> parts, WebhookCommit whole)
    {
        RefusedResults[] all = [.. parts];
        return whole with
        {
            Put = [.. all.SelectMany(static part => part.Put)],
            Deliveries = [.. all.SelectMany(static part => part.Deliveries)],
        };
    }

    /// <summary>Returns commits that write less and less of the part, each with what it leaves out.</summary>
    public IEnumerable<(WebhookCommit Commit, string What)> Lesser(long epoch, string detail)
    {
        var note = new WebhookAnswer(null, $"The store refused what the receiver answered. {detail}").Storable().Text;
        var silent = Deliveries.Select(row => row with { Delivery = row.Delivery with { Answer = note } });
        if (!Deliveries.IsEmpty)
            yield return (new WebhookCommit(epoch, Put, [], [.. silent], At), "what its receiver answered is not stored");
        yield return (new WebhookCommit(epoch, Put, [], [], At), "some of its deliveries are not stored");
    }
}
