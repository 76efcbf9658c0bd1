using System.Text.Json;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

public static partial class JobSpecReader
{
    private const int SelectField = 4;
    private const int MostAggregates = 100;
    private const int LongestAggregateName = 64;
    private const int LargestK = 10_000;
    private const int MostGroups = 100_000_000;
    // BuiltIns and Ops are in the order of ProcessorKind and AggregateOp. The switches below use indexes into the
    // names.
    private static readonly string[] ProcessNames = ["builtin", "command", "chunkCommand", "plugin", "select"];
    private static readonly string[] PluginNames = ["name"];
    private static readonly string[] BuiltIns = ["identity", "square", "length", "words", "json"];
    private static readonly string[] Ops = ["count", "sum", "min", "max", "mean", "distinct", "topK", "groupCount", "groupSum", "collect", "reduceCommand"];
    private static readonly string[] AggregateNames = ["as", "op", "value", "by", "k", "maxGroups", "command"];

    private static void ReadProcess(ref StrictReader reader, PlanDraft draft)
    {
        if (!reader.IsObject("process"))
            return;
        var seen = default(SeenFields);
        var count = 0;
        while (reader.NextField(ProcessNames, ref seen, "process", out var field))
        {
            var path = $"process.{ProcessNames[field]}";
            count += field == SelectField ? 0 : 1;
            switch (field)
            {
                case 0:
                    var index = reader.Word(path, BuiltIns);
                    (draft.Processor, draft.Name) = ((ProcessorKind)index, BuiltIns[index]);
                    break;
                case 3:
                    (draft.Processor, draft.Name) = (ProcessorKind.Plugin, ReadPlugin(ref reader, path));
                    draft.Command = [draft.Name];
                    break;
                case SelectField:
                    draft.Select = ReadPointer(ref reader, path);
                    break;
                default:
                    draft.Processor = field == 1 ? ProcessorKind.Command : ProcessorKind.ChunkCommand;
                    (draft.Command, draft.Name) = TaskSpecReader.ReadCommand(ref reader, path);
                    break;
            }
        }

        if (count != 1)
            reader.Errors.Add("process", $"must name exactly one processor: {string.Join(", ", ProcessNames[..SelectField])}");
        else if (draft.Select is not null && draft.Processor != ProcessorKind.Json)
            reader.Errors.AddRule("process.select", "is valid only with the builtin 'json'");
    }

    private static string ReadPlugin(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return "";
        string? name = null;
        var seen = default(SeenFields);
        while (reader.NextField(PluginNames, ref seen, path, out _))
            name = reader.String($"{path}.name");
        if (!seen.Has(0))
            reader.Errors.Add($"{path}.name", "is missing");
        else if (name is not null && !PluginCatalog.IsName(name))
            reader.Errors.AddRule($"{path}.name", $"'{StrictReader.Quote(name)}' is not a valid name of a plug-in: "
                + "expected 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit");
        return name ?? "";
    }

    private static ImmutableArray<AggregateSpec> ReadAggregates(ref StrictReader reader)
    {
        if (!reader.IsArray("aggregate"))
            return [];
        var aggregates = ImmutableArray.CreateBuilder<AggregateSpec>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            var path = $"aggregate[{i}]";
            if (i >= MostAggregates && reader.Errors.ChecksRules)
                reader.Skip();
            else if (ReadAggregate(ref reader, path) is { } aggregate)
            {
                aggregates.Add(aggregate);
                if (!names.Add(aggregate.Name))
                    reader.Errors.AddRule($"{path}.as", $"'{StrictReader.Quote(aggregate.Name)}' is already the name of another aggregate");
            }

            if (aggregates is [.., { Op: AggregateOp.Collect }] && aggregates.Count(static known => known.Op == AggregateOp.Collect) > 1)
                reader.Errors.AddRule($"{path}.op", "only one aggregate can be 'collect'");
            if (i == MostAggregates)
                reader.Errors.AddRule("aggregate", $"has more than {MostAggregates} items");
        }

        return aggregates.DrainToImmutable();
    }

    private static AggregateSpec? ReadAggregate(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return null;
        string? name = null;
        var op = AggregateOp.Count;
        JsonPointer? value = null, by = null;
        ImmutableArray<string> command = [];
        var (k, groups) = ((long)AggregateSpec.DefaultK, (long)AggregateSpec.DefaultMaxGroups);
        var seen = default(SeenFields);
        while (reader.NextField(AggregateNames, ref seen, path, out var field))
        {
            var at = $"{path}.{AggregateNames[field]}";
            switch (field)
            {
                case 0:
                    name = ReadAggregateName(ref reader, at);
                    break;
                case 1:
                    op = (AggregateOp)reader.Word(at, Ops);
                    break;
                case 2:
                    value = ReadPointer(ref reader, at);
                    break;
                case 3:
                    by = ReadPointer(ref reader, at);
                    break;
                case 4:
                    k = reader.Integer(at, 1, LargestK) ?? k;
                    break;
                case 6:
                    command = TaskSpecReader.ReadCommand(ref reader, at).Arguments;
                    break;
                default:
                    groups = reader.Integer(at, 1, MostGroups) ?? groups;
                    break;
            }
        }

        if (!seen.Has(1))
            reader.Errors.Add($"{path}.op", $"is missing; give one of {string.Join(", ", Ops)}");
        CheckFields(ref reader, path, op, seen);
        if (op == AggregateOp.ReduceCommand && !seen.Has(6))
            reader.Errors.Add($"{path}.command", "is missing; give a command, as cmd or argv, that reduces lines to fewer lines");
        return new AggregateSpec(name ?? Ops[(int)op], op, value, by, int.CreateSaturating(k), int.CreateSaturating(groups), command);
    }

    private static void CheckFields(ref StrictReader reader, string path, AggregateOp op, in SeenFields seen)
    {
        ReadOnlySpan<bool> has =
        [
            true, true,
            op is not (AggregateOp.Count or AggregateOp.GroupCount),
            op is AggregateOp.GroupCount or AggregateOp.GroupSum,
            op == AggregateOp.TopK,
            op is AggregateOp.TopK or AggregateOp.GroupCount or AggregateOp.GroupSum,
            op == AggregateOp.ReduceCommand,
        ];
        for (var field = 2; field < has.Length; field++)
        {
            if (seen.Has(field) && !has[field])
                reader.Errors.AddRule($"{path}.{AggregateNames[field]}", $"'{Ops[(int)op]}' has no {AggregateNames[field]}");
        }
    }

    private static string ReadAggregateName(ref StrictReader reader, string path)
    {
        var name = reader.String(path) ?? "";
        if (name.Length == 0 && reader.Token == JsonTokenType.String)
            reader.Errors.AddRule(path, "must not be empty");
        else if (SpecRules.FaultOfText(name, LongestAggregateName) is { } fault)
            reader.Errors.AddRule(path, fault);
        return name;
    }

    private static JsonPointer? ReadPointer(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        var pointer = JsonPointer.TryParse(text);
        if (pointer is null)
            reader.Errors.Add(
                path, $"'{StrictReader.Quote(text)}' is not a JSON pointer: it must be empty or begin with '/', and "
                    + "use '~' only in ~0 and ~1");
        return pointer;
    }
}
