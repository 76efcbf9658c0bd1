using System.Text.Json;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Trust;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the body of a request for a join token and reports all of its faults.</summary>
public static class TokenTermsReader
{
    private static readonly string[] Names = FieldNames.Of<TokenTerms>();

    /// <summary>Reads the terms of a token. Returns null if they have faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static TokenTerms? Read(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var terms = Read(ref reader);
            reader.Finish();
            return errors.IsEmpty ? terms : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static TokenTerms Read(ref StrictReader reader)
    {
        var terms = TokenTerms.Any;
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return terms;
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            terms = Names[field] == "node"
                ? terms with { Node = ReadNode(ref reader) ?? terms.Node }
                : terms with { Labels = TaskSpecReader.ReadLabels(ref reader, "labels") };
        }

        foreach (var label in terms.Labels.Where(static label => NodeNames.IsReserved(label.Key)))
        {
            reader.Errors.AddRule(
                $"labels.{label.Key}",
                $"is reserved: keys that begin with {NodeNames.ReservedLabels} are set by the service");
        }

        return terms;
    }

    private static string? ReadNode(ref StrictReader reader)
    {
        if (reader.String("node") is not { } pattern)
            return null;
        if (!NamePattern.IsValid(pattern))
            reader.Errors.Add("node", $"is not a pattern for node names: it must have {NamePattern.Form}");
        return pattern;
    }
}
