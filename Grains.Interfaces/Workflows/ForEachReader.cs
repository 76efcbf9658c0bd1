using OrleansTasks.Contract;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Reads the field <c>forEach</c> of a workflow's node.</summary>
internal static class ForEachReader
{
    private const int LongestSelect = 1024;
    private static readonly string[] Names = ["node", "from", "select"];

    private static readonly string[] Places = EnumNames.Of<ItemsFrom>();

    /// <summary>
    /// Reads the value at which the reader is positioned and adds each fault to the reader's errors. Returns null for a
    /// value that is not an object.
    /// </summary>
    public static ForEachDraft? Read(ref StrictReader reader, string path)
    {
        var forEach = new ForEachDraft("", ItemsFrom.Result, "");
        if (!reader.IsObject(path))
            return null;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, path, out var field))
        {
            switch (Names[field])
            {
                case "node":
                    forEach = forEach with { Node = reader.String($"{path}.node") ?? "" };
                    break;
                case "from":
                    forEach = forEach with { From = ReadFrom(ref reader, $"{path}.from") };
                    break;
                default:
                    forEach = forEach with { Select = ReadSelect(ref reader, $"{path}.select") };
                    break;
            }
        }

        if (!seen.Has(0))
            reader.Errors.Add($"{path}.node", "is missing; give the name of the node that writes the list");
        CheckSelect(forEach, $"{path}.select", reader.Errors);
        return forEach;
    }

    private static ItemsFrom ReadFrom(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } name)
            return ItemsFrom.Result;
        var index = Array.IndexOf(Places, name);
        if (index < 0)
            reader.Errors.Add(path, $"is '{StrictReader.Quote(name)}'; allowed are {string.Join(", ", Places)}");
        return (ItemsFrom)Math.Max(index, 0);
    }

    private static string ReadSelect(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } select)
            return "";
        if (select.Length > LongestSelect)
            reader.Errors.AddRule(path, $"has {select.Length} characters; at most {LongestSelect} are allowed");
        return select;
    }

    // Called after all fields are read, because the form of select depends on from, which may come later.
    private static void CheckSelect(ForEachDraft forEach, string path, SpecErrors errors)
    {
        var select = forEach.Select;
        if (select.Length is 0 or > LongestSelect)
            return;
        if (forEach.From == ItemsFrom.Stdout)
            errors.Add(path, "is not allowed with from stdout, whose lines are the items");
        else if (forEach.From == ItemsFrom.Artifacts && PathPattern.Parse(select, out var fault) is null)
            errors.AddRule(path, fault!);
        else if (forEach.From == ItemsFrom.Result && JsonPointer.TryParse(select) is null)
        {
            errors.AddRule(
                path, "must be a JSON pointer: empty, or beginning with /, with ~ written as ~0 and / in a name as ~1");
        }
    }
}
