using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Keys;

/// <summary>The body of the call that creates a key.</summary>
[Schema("KeySpec"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("A new key.")]
internal sealed record KeySpec(
    [property: Description("A display name without control characters; may be empty."), MaxLength(KeyRecord.LongestName), JsonRequired]
    string Name,
    [property: Description("What the key may do; no scope includes another."), MinLength(1), JsonRequired]
    Scopes Scopes,
    [property: Description("When the key expires, a time in the future; null for never.")]
    Timestamp? ExpiresAt,
    [property: Description("The definitions that the key may run, with the scope run only: names, in which * stands for any text. By default all."), MaxLength(ServiceLimits.KeyDefinitions)]
    ImmutableArray<string>? Definitions)
{
    /// <summary>The example of the contract.</summary>
    public static KeySpec Example => new("ci", Scopes.Read | Scopes.Submit, 7_253_213_400_000, null);
}

/// <summary>Reads the body of a request for a key and collects all errors in it.</summary>
internal static class KeySpecReader
{
    private static readonly string[] Names = FieldNames.Of<KeySpec>();

    /// <summary>Reads a key's description; returns null if it added errors to <paramref name="errors"/>.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds; a key cannot expire before it.</param>
    /// <param name="errors">Receives the errors.</param>
    public static KeySpec? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, now);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static KeySpec? Read(ref StrictReader reader, long now)
    {
        var (name, scopes, expiresAt, definitions) = ("", Scopes.None, (long?)null, (ImmutableArray<string>?)null);
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return null;
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            switch (Names[field])
            {
                case "name":
                    name = reader.String("name") ?? "";
                    if (!Origin.Fits(name, KeyRecord.LongestName))
                        reader.Errors.Add(
                            "name", $"must have at most {KeyRecord.LongestName} characters, without control "
                                + "characters or characters that change the direction of text");
                    break;
                case "scopes":
                    scopes = ReadScopes(ref reader);
                    break;
                case "definitions":
                    definitions = ReadDefinitions(ref reader);
                    break;
                default:
                    expiresAt = ReadEnd(ref reader, now);
                    break;
            }
        }

        // The first two fields, "name" and "scopes", are required.
        for (var field = 0; field < 2; field++)
        {
            if (!seen.Has(field))
                reader.Errors.Add(Names[field], "is missing");
        }

        if (definitions is not null && !scopes.HasFlag(Scopes.Run))
            reader.Errors.Add("definitions", "is valid only with the scope run");
        return new KeySpec(name, scopes, expiresAt, definitions ?? (scopes.HasFlag(Scopes.Run) ? ["*"] : null));
    }

    private static ImmutableArray<string>? ReadDefinitions(ref StrictReader reader)
    {
        if (reader.Token == JsonTokenType.Null)
            return null;
        var patterns = ImmutableArray.CreateBuilder<string>();
        if (!reader.IsArray("definitions"))
            return null;
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            var path = $"definitions[{count}]";
            if (reader.String(path) is not { } pattern)
                continue;
            if (DefinitionName.FaultOfPattern(pattern) is { } fault)
                reader.Errors.Add(path, fault);
            patterns.Add(pattern);
        }

        if (count is 0 or > ServiceLimits.KeyDefinitions)
            reader.Errors.Add("definitions", $"must have 1 to {ServiceLimits.KeyDefinitions} items");
        return patterns.DrainToImmutable();
    }

    private static long? ReadEnd(ref StrictReader reader, long now)
    {
        if (reader.Token == JsonTokenType.Null)
            return null;
        var end = reader.Time("expiresAt");
        if (end <= now)
            reader.Errors.Add("expiresAt", "must be in the future");
        return end;
    }

    private static Scopes ReadScopes(ref StrictReader reader)
    {
        var scopes = Scopes.None;
        if (!reader.IsArray("scopes"))
            return scopes;
        var isWrong = false;
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            var path = $"scopes[{i}]";
            if (reader.String(path) is not { } name)
                isWrong = true;
            else if (name.Contains(',', StringComparison.Ordinal) || !ScopeNames.TryParse(name, out var scope))
            {
                isWrong = true;
                reader.Errors.Add(path, NearMatch.Find(name, [.. ScopeNames.Every]) is { } near
                    ? $"unknown scope '{StrictReader.Quote(name)}'; did you mean '{near}'?"
                    : $"unknown scope '{StrictReader.Quote(name)}'; the scopes are {ScopeNames.All}");
            }
            else if ((scopes & scope) != 0)
                reader.Errors.Add(path, $"'{name}' is listed more than once");
            else
                scopes |= scope;
        }

        if (scopes == Scopes.None && !isWrong)
            reader.Errors.Add("scopes", $"must have at least one of {ScopeNames.All}");
        return scopes;
    }
}
