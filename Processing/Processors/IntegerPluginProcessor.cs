using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Processing.Processors;

/// <summary>Passes integers to a plug-in, one at a time for items that do not come in blocks.</summary>
internal sealed class IntegerPluginProcessor(IIntegerProcessor plugin) : Processor
{
    /// <summary>The plug-in.</summary>
    public IIntegerProcessor Plugin => plugin;

    public override string? Process(in Value item, List<Value> results)
    {
        if (item.Kind != ValueKind.Integer)
            return $"the plug-in expects a 64-bit integer, but got {item.Describe()}";
        var result = 0L;
        plugin.Process([item.Integer], new Span<long>(ref result));
        results.Add(Value.Of(result));
        return null;
    }
}
