using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Nodes;

/// <summary>Shows what waits for nodes, for a program that adds and removes them.</summary>
/// <param name="reading">Reads the queues.</param>
/// <param name="grains">The nodes.</param>
public sealed class DemandCalls(DemandReading reading, GatewayGrains grains)
{
    /// <summary>Returns the groups of waiting tasks; those that have waited longest come first.</summary>
    internal async Task List(HttpContext context)
    {
        var demands = await reading.Read();
        var nodes = await grains.Fleet.List();
        await ContractJson.Send(context, new WholeList<DemandAnswer>(
            [.. demands.Select(demand => DemandAnswer.Of(demand, nodes))]));
    }
}
