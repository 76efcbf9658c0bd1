using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Processing.Processors;

/// <summary>Has a plug-in make integers of integers, one at a time where they do not come in numbers.</summary>
internal sealed class IntegerPluginProcessor(IIntegerProcessor plugin) : Processor
{
    /// <summary>What it runs.</summary>
    public IIntegerProcessor Plugin => plugin;

    public override string? Process(in Value item, List<Value> results)
    {
        if (item.Kind != ValueKind.Integer)
            return $"the plug-in needs an integer of 64 bits, and got {item.Describe()}";
        var result = 0L;
        plugin.Process([item.Integer], new Span<long>(ref result));
        results.Add(Value.Of(result));
        return null;
    }
}
