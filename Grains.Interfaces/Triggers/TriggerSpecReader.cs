using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Processing.Json;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Triggers;

/// <summary>Reads the body of a trigger from JSON and reports all of its faults.</summary>
public static class TriggerSpecReader
{
    /// <summary>The form of a secret that a caller gives.</summary>
    private const string SecretForm = "must have 8 to 256 printable ASCII characters";

    private static readonly string[] Names =
        ["definition", "parameters", "filter", "signature", "rate", "paused", "description"];
    private static readonly string[] SignatureNames = ["kind", "header", "secret"];
    private static readonly string[] ValueNames = ["pointer", "header", "value"];
    private static readonly string[] ConditionNames = ["pointer", "header", "equals", "matches"];
    private static readonly string[] SecretHeaders = ["Authorization", "Cookie", "X-Gitlab-Token"];

    /// <summary>Returns whether a trigger may have this name.</summary>
    public static bool IsName(string name) => SpecRules.IsQueueName(name);

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    public static TriggerSpec? Read(ReadOnlyMemory<byte> utf8, SpecErrors errors) => Parse(utf8, errors) is { } spec
        ? spec with { Body = WithoutSecret(JsonElement.Parse(NullMembers.Drop(utf8).Span)) } : null;

    /// <summary>
    /// Reads a stored body. Conditions whose patterns are no longer allowed are not readable
    /// (<see cref="TriggerSpec.PatternFaults"/>). Throws <see cref="FormatException"/> if the body cannot be read.
    /// </summary>
    public static TriggerSpec ReadStored(ReadOnlyMemory<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Parse(utf8, errors) is { } spec ? spec with { Body = utf8 } : throw errors.Unreadable("trigger");
    }

    /// <summary>
    /// Reads only how deliveries to a stored trigger are signed. Reading the filter's patterns is expensive, and must
    /// wait until the signature is checked. Throws <see cref="FormatException"/> if it cannot be read.
    /// </summary>
    public static TriggerSpec ReadStoredSignature(ReadOnlyMemory<byte> utf8)
    {
        var errors = new SpecErrors();
        using var document = JsonFields.Parse(utf8, errors);
        if (document is null || !JsonFields.Is(document.RootElement, JsonValueKind.Object, StrictReader.Root, errors))
            throw errors.Unreadable("trigger");
        var spec = ReadSignature(document.RootElement, new TriggerSpec("", default), errors);
        return errors.IsEmpty ? spec : throw errors.Unreadable("trigger");
    }

    // Everything but the body to store.
    private static TriggerSpec? Parse(ReadOnlyMemory<byte> utf8, SpecErrors errors)
    {
        using var document = JsonFields.Parse(utf8, errors);
        if (document is null || !JsonFields.Is(document.RootElement, JsonValueKind.Object, StrictReader.Root, errors))
            return null;
        var root = document.RootElement.Clone();
        JsonFields.CheckNames(root, Names, "", errors);
        var definition = JsonFields.Text(root, "definition", "", errors);
        if (definition is null)
            errors.Add("definition", "is missing");
        else if (DefinitionName.FaultOf(definition) is { } fault)
            errors.Add("definition", fault);
        var description = JsonFields.Text(root, "description", "", errors) ?? "";
        if (SpecRules.FaultOfText(
            description.ReplaceLineEndings(" "), ServiceLimits.DescriptionLength) is { } descriptionFault)
            errors.Add("description", descriptionFault);
        var spec = ReadSignature(root, new TriggerSpec(definition ?? "", default), errors) with
        {
            Description = description,
            IsPaused = JsonFields.Flag(root, "paused", "", errors),
            Rate = ReadRate(root, errors),
        };
        spec = spec with
        {
            Parameters = ReadParameters(root, spec, errors),
            Conditions = ReadConditions(root, spec, errors),
        };
        return errors.IsEmpty ? spec : null;
    }

    private static TriggerSpec ReadSignature(JsonElement root, TriggerSpec spec, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "signature", out var signature))
        {
            errors.Add("signature", "is missing");
            return spec;
        }

        if (!JsonFields.Is(signature, JsonValueKind.Object, "signature", errors))
            return spec;
        JsonFields.CheckNames(signature, SignatureNames, "signature", errors);
        var kind = ReadKind(signature, errors);
        var header = JsonFields.Text(signature, "header", "signature", errors);
        if (header is not null && kind != SignatureKind.Token)
            errors.Add("signature.header", "is valid only for the kind token");
        else if (header is not null && !IsHeader(header))
            errors.Add("signature.header", "must be the name of a header");
        var secret = JsonFields.Text(signature, "secret", "signature", errors);
        if (secret is not null && (secret.Length is < 8 or > 256 || secret.AsSpan().ContainsAnyExceptInRange(' ', '~')))
            errors.Add("signature.secret", SecretForm);
        else if (secret is not null && kind == SignatureKind.StandardWebhooks
            && TriggerSecret.StandardKeyOf(secret) is null)
            errors.Add("signature.secret", "must be whsec_ and at least 16 bytes in base64");
        return spec with { Signature = kind, TokenHeader = header ?? TriggerSpec.DefaultTokenHeader, Secret = secret };
    }

    private static SignatureKind ReadKind(JsonElement signature, SpecErrors errors)
    {
        var text = JsonFields.Text(signature, "kind", "signature", errors);
        var index = text is null ? -1 : SignatureKinds.Names.IndexOf(text);
        if (text is null)
            errors.Add("signature.kind", $"is missing; the kinds are {string.Join(", ", SignatureKinds.Names)}");
        else if (index < 0)
        {
            var advice = NearMatch.Find(text, SignatureKinds.Names.AsSpan()) is { } near
                ? $"did you mean '{near}'?" : $"the kinds are {string.Join(", ", SignatureKinds.Names)}";
            errors.Add("signature.kind", $"unknown kind '{StrictReader.Quote(text)}'; {advice}");
        }

        return (SignatureKind)Math.Max(index, 0);
    }

    private static int ReadRate(JsonElement root, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "rate", out var value))
            return ServiceLimits.TriggerRate;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var rate)
            && rate is >= 1 and <= ServiceLimits.LargestTriggerRate)
            return rate;
        errors.Add("rate", $"must be a whole number from 1 to {ServiceLimits.LargestTriggerRate}, of runs a minute");
        return ServiceLimits.TriggerRate;
    }

    private static ImmutableArray<(string Name, TriggerValue Value)> ReadParameters(
        JsonElement root, TriggerSpec spec, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "parameters", out var all)
            || !JsonFields.Is(all, JsonValueKind.Object, "parameters", errors))
            return [];
        if (all.GetPropertyCount() > ServiceLimits.Parameters)
        {
            errors.Add(
                "parameters", $"has {all.GetPropertyCount()} members; at most {ServiceLimits.Parameters} are allowed");
            return [];
        }

        var list = ImmutableArray.CreateBuilder<(string Name, TriggerValue Value)>();
        foreach (var one in all.EnumerateObject())
        {
            var path = StrictReader.Join("parameters", StrictReader.Quote(one.Name));
            if (!JsonFields.Is(one.Value, JsonValueKind.Object, path, errors))
                continue;
            JsonFields.CheckNames(one.Value, ValueNames, path, errors);
            var hasValue = JsonFields.TryGet(one.Value, "value", out var value);
            if (ReadSource(one.Value, hasValue ? value : null, spec, path, errors) is { } source)
                list.Add((one.Name, source));
        }

        return list.DrainToImmutable();
    }

    private static ImmutableArray<TriggerCondition> ReadConditions(
        JsonElement root, TriggerSpec spec, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "filter", out var all)
            || !JsonFields.Is(all, JsonValueKind.Array, "filter", errors))
            return [];
        if (all.GetArrayLength() > ServiceLimits.TriggerConditions)
        {
            errors.Add(
                "filter", $"has {all.GetArrayLength()} items; at most {ServiceLimits.TriggerConditions} are allowed");
            return [];
        }

        var list = ImmutableArray.CreateBuilder<TriggerCondition>();
        foreach (var (index, one) in all.EnumerateArray().Index())
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"filter[{index}]");
            if (!JsonFields.Is(one, JsonValueKind.Object, path, errors))
                continue;
            JsonFields.CheckNames(one, ConditionNames, path, errors);
            var source = ReadSource(one, null, spec, path, errors);
            if (ReadCondition(one, source, path, errors) is { } condition)
                list.Add(condition);
        }

        return list.DrainToImmutable();
    }

    private static TriggerCondition? ReadCondition(
        JsonElement one, TriggerValue? source, string path, SpecErrors errors)
    {
        var hasWanted = JsonFields.TryGet(one, "equals", out var wanted);
        var matches = JsonFields.Text(one, "matches", path, errors);
        if (hasWanted == matches is not null)
        {
            errors.Add(
                $"{path}.equals", hasWanted ? "cannot be combined with matches" : "is missing; give equals or matches");
            return null;
        }

        if (hasWanted && wanted.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            errors.Add($"{path}.equals", "must be a string, a number, true or false");
        var pattern = matches is null ? null : LinearPattern.Read(matches, isWhole: false, $"{path}.matches", errors);
        return source is null ? null
            : new TriggerCondition(source, hasWanted ? wanted : null, pattern) { PatternText = matches };
    }

    // Reads where a value comes from. The caller has read the constant value, if there is one.
    private static TriggerValue? ReadSource(
        JsonElement item, JsonElement? value, TriggerSpec spec, string path, SpecErrors errors)
    {
        var pointer = JsonFields.Text(item, "pointer", path, errors);
        var header = JsonFields.Text(item, "header", path, errors);
        var given = (pointer is null ? 0 : 1) + (header is null ? 0 : 1) + (value is null ? 0 : 1);
        if (given != 1)
        {
            errors.Add($"{path}.pointer", given > 1 ? "pointer, header and value exclude each other; give one of them"
                : "is missing; give a pointer or a header");
            return null;
        }

        if (pointer is not null)
        {
            var parsed = pointer.Length <= ServiceLimits.PointerLength ? JsonPointer.TryParse(pointer) : null;
            if (parsed is null)
            {
                errors.Add(
                    $"{path}.pointer",
                    $"must be a JSON pointer of at most {ServiceLimits.PointerLength} characters, such as /repository/name");
            }

            return parsed is null ? null : new TriggerValue(parsed, null, null);
        }

        if (header is null)
            return new TriggerValue(null, null, value);
        if (IsHeader(header) && !IsSecretHeader(header, spec))
            return new TriggerValue(null, header, null);
        errors.Add($"{path}.header", IsHeader(header)
            ? "has a secret, and values are shown to everyone who can read the run" : "must be the name of a header");
        return null;
    }

    private static bool IsSecretHeader(string header, TriggerSpec spec) =>
        SecretHeaders.Contains(header, StringComparer.OrdinalIgnoreCase)
        || (spec.Signature == SignatureKind.Token
            && header.Equals(spec.TokenHeader, StringComparison.OrdinalIgnoreCase));

    private static bool IsHeader(string name) =>
        name.Length is > 0 and <= 100 && name.All(static one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_');

    private static byte[] WithoutSecret(JsonElement root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            foreach (var field in root.EnumerateObject())
            {
                if (!field.NameEquals("signature"u8) || field.Value.ValueKind != JsonValueKind.Object)
                {
                    field.WriteTo(json);
                    continue;
                }

                json.WriteStartObject("signature"u8);
                foreach (var member in field.Value.EnumerateObject()
                    .Where(static member => !member.NameEquals("secret"u8)))
                    member.WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
