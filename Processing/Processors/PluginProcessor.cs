using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Processing.Processors;

/// <summary>Has a plug-in process each item.</summary>
internal sealed class PluginProcessor(IItemProcessor plugin) : Processor
{
    private readonly Results taken = new();

    public override string? Process(in Value item, List<Value> results)
    {
        taken.To(results);
        return plugin.Process(new Item(item), taken);
    }
}
