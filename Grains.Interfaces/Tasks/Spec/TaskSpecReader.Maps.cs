using System.Text;
using OrleansTasks.Definitions;

namespace OrleansTasks.Tasks.Spec;

public static partial class TaskSpecReader
{
    /// <summary>Reads labels and sorts them by key.</summary>
    internal static ImmutableArray<Label> ReadLabels(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return [];
        var labels = ImmutableArray.CreateBuilder<Label>();
        var seen = default(SeenFields);
        var count = 0;
        while (reader.NextEntry(ref seen, out var key))
        {
            count++;
            if (ReadLabel(ref reader, path, key) is { } label && (count <= SpecRules.MostLabels || !reader.Errors.ChecksRules))
                labels.Add(label);
        }

        if (count > SpecRules.MostLabels)
            reader.Errors.AddRule(path, $"has {count} labels; at most {SpecRules.MostLabels} are allowed");
        labels.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return labels.DrainToImmutable();
    }

    private static Label? ReadLabel(ref StrictReader reader, string path, string key)
    {
        if (reader.Errors.ChecksRules && !SpecRules.IsLabelKey(key))
        {
            reader.Errors.AddRule(Entry(path, key), $"is not a label key: it must match {SpecRules.LabelKey}");
            reader.Skip();
            return null;
        }

        if (DefinitionLabels.IsReserved(key))
            reader.Errors.AddRule(Entry(path, key), $"is not allowed: labels that begin with {DefinitionLabels.Reserved} are the service's own");
        if (reader.Token != System.Text.Json.JsonTokenType.String)
        {
            reader.String(Entry(path, key));
            return null;
        }

        var value = reader.String(path)!;
        if (SpecRules.FaultOfLabelValue(value) is { } fault)
            reader.Errors.AddRule(Entry(path, key), fault);
        return new Label(key, value);
    }

    /// <summary>Reads an object of environment variables.</summary>
    internal static ImmutableArray<EnvironmentVariable> ReadVariables(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return [];
        var variables = ImmutableArray.CreateBuilder<EnvironmentVariable>();
        var seen = default(SeenFields);
        var (count, size) = (0, 0L);
        while (reader.NextEntry(ref seen, out var name))
        {
            count++;
            if (ReadVariable(ref reader, path, name, ref size) is { } variable && (count <= SpecRules.MostVariables || !reader.Errors.ChecksRules))
                variables.Add(variable);
        }

        if (count > SpecRules.MostVariables)
            reader.Errors.AddRule(path, $"has {count} variables; at most {SpecRules.MostVariables} are allowed");
        if (size > SpecRules.LargestEnvironment)
            reader.Errors.AddRule(path,
                $"has {size} bytes of names and values; at most {SpecRules.LargestEnvironment} are allowed");
        return variables.DrainToImmutable();
    }

    private static EnvironmentVariable? ReadVariable(ref StrictReader reader, string path, string name, ref long size)
    {
        if (reader.Errors.ChecksRules && !SpecRules.IsVariableName(name))
        {
            reader.Errors.AddRule(Entry(path, name), $"is not the name of a variable: it must match {SpecRules.VariableName}");
            reader.Skip();
            return null;
        }

        if (reader.Token != System.Text.Json.JsonTokenType.String)
        {
            reader.String(Entry(path, name));
            return null;
        }

        var value = reader.String(path)!;
        var bytes = name.Length + Encoding.UTF8.GetByteCount(value);
        size += bytes;
        if (value.Contains('\0'))
            reader.Errors.AddRule(Entry(path, name), "contains a NUL character, which a variable cannot hold");
        else if (bytes + 1 > SpecRules.LongestArgument)
            reader.Errors.AddRule(Entry(path, name),
                $"has {bytes + 1} bytes with its name and '='; the kernel accepts at most {SpecRules.LongestArgument}");
        return new EnvironmentVariable(name, value);
    }

    private static string Entry(string path, string key) => StrictReader.Join(path, StrictReader.Quote(key));
}
