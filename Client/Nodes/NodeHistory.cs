using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Nodes;

namespace OrleansTasks.Client.Nodes;

/// <summary>Shows how a node's state has changed, from the stored node events.</summary>
/// <param name="grains">Reads the events.</param>
internal sealed class NodeHistory(GatewayGrains grains)
{
    private const int MostRead = 10_000;
    private const int PageSize = 1_000;
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

    /// <summary>Sends a node's changes, newest first, out of the last 10,000 changes of all nodes.</summary>
    public async Task Send(HttpContext context, ApiCall call, string node)
    {
        var limit = context.ReadQuery(call).Integer("limit", 1, 1000, defaultValue: 100);
        var position = await grains.Events.NodePosition();
        var found = new List<NodeEvent>();
        var after = Math.Max(position.First - 1, position.Last - MostRead);
        while (after < position.Last && await grains.Events.ReadNodes(after, PageSize) is { IsEmpty: false } page)
        {
            found.AddRange(page.Where(change => change.Node == node));
            after = page[^1].Sequence;
        }

        await ListAnswer.Send(context, found.AsEnumerable().Reverse().Take(limit), static (json, change) =>
        {
            json.WriteStartObject();
            TaskJson.WriteTime(json, At, change.At);
            json.WriteString("state"u8, change.State.Name());
            json.WriteEndObject();
        });
    }
}
