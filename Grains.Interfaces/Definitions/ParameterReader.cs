using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>Reads the parameters of a definition, and the values that a run gives them.</summary>
internal static class ParameterReader
{
    private static readonly string[] Names =
        ["name", "type", "required", "default", "pattern", "min", "max", "choices", "choicesFrom", "description", "secret"];

    private static readonly string[] Types = EnumNames.Of<ParameterType>();

    /// <summary>Reads the field <c>parameters</c> of a definition.</summary>
    public static ImmutableArray<Parameter> ReadAll(JsonElement list, SpecErrors errors)
    {
        var parameters = ImmutableArray.CreateBuilder<Parameter>();
        if (!JsonFields.Is(list, JsonValueKind.Array, "parameters", errors))
            return [];
        var count = list.GetArrayLength();
        if (count > ServiceLimits.Parameters)
            errors.Add("parameters", $"has {count} items; at most {ServiceLimits.Parameters} are allowed");
        foreach (var (index, item) in list.EnumerateArray().Take(ServiceLimits.Parameters).Index())
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"parameters[{index}]");
            if (Read(item, path, errors) is not { } parameter)
                continue;
            if (parameters.FirstOrDefault(other => other.Variable == parameter.Variable) is { } same)
                errors.Add($"{path}.name", $"'{parameter.Name}' and '{same.Name}' have the same variable {parameter.Variable}");
            parameters.Add(parameter);
        }

        var sources = parameters.Select(static one => one.ChoicesFrom).OfType<string>().Distinct().Count();
        if (sources > ServiceLimits.ChoiceSources)
            errors.Add("parameters", $"take choices from {sources} definitions; at most {ServiceLimits.ChoiceSources} are allowed");
        return parameters.DrainToImmutable();
    }

    /// <summary>
    /// Reads a value of a parameter. Adds a fault at <paramref name="path"/> and returns null if the parameter does not
    /// take it. A fault never contains the value, which may be secret. Without a book, printed choices are not checked.
    /// </summary>
    public static ParameterValue? ReadValue(
        JsonElement value, Parameter parameter, string path, SpecErrors errors, DefinitionBook? book = null)
    {
        var (text, isLiteral) = value.ValueKind switch
        {
            JsonValueKind.String => (value.GetString(), false),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => (value.GetRawText(), true),
            _ => (null, false),
        };
        var fault = text is null ? $"must be {KindOf(parameter.Type)}" : FaultOf(parameter, text, isLiteral, book);
        if (fault is null)
            return new ParameterValue(text!, IsLiteral(parameter.Type));
        errors.Add(path, fault);
        return null;
    }

    private static bool IsLiteral(ParameterType type) => type is ParameterType.Number or ParameterType.Integer or ParameterType.Boolean;

    private static string? FaultOf(Parameter parameter, string text, bool isLiteral, DefinitionBook? book)
    {
        var type = parameter.Type;
        if (isLiteral && !IsLiteral(type))
            return $"must be {KindOf(type)}, in quotes";
        if (text.Contains('\0'))
            return "contains a NUL character, which neither a variable nor an argument can hold";
        if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > ServiceLimits.ParameterBytes)
            return $"has {bytes} bytes; at most {ServiceLimits.ParameterBytes} are allowed";
        if (parameter.ChoicesFrom is { } source)
            return book?.FaultOfChoice(source, text);
        var isRight = type switch
        {
            ParameterType.Number => IsNumber(text),
            ParameterType.Integer => IsNumber(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            ParameterType.Boolean => text is "true" or "false",
            ParameterType.Choice => parameter.Choices.Contains(text),
            ParameterType.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            ParameterType.Time => IsTime(text),
            ParameterType.File => FileName.TryParse(text, out _),
            _ => true,
        };
        if (!isRight)
            return type == ParameterType.Choice ? $"must be one of {Listed(parameter.Choices)}" : $"must be {KindOf(type)}";
        return FaultOfBounds(parameter, text) ?? FaultOfPattern(parameter, text);
    }

    private static string? FaultOfPattern(Parameter parameter, string text)
    {
        if (parameter.PatternText is not { } shown)
            return null;
        if (parameter.Pattern is not { } pattern)
            return LinearPattern.Unusable(shown, "definition");
        return LinearPattern.IsMatch(pattern, text) ? null : $"must match {shown}";
    }

    private static string? FaultOfBounds(Parameter parameter, string text)
    {
        var of = parameter.Type == ParameterType.Text ? "have a length" : "be";
        if (parameter.Min is { } min && Compare(parameter.Type, text, min) < 0)
            return $"must {of} at least {min.Text}";
        return parameter.Max is { } max && Compare(parameter.Type, text, max) > 0 ? $"must {of} at most {max.Text}" : null;
    }

    private static int Compare(ParameterType type, string text, Bound bound) => type switch
    {
        ParameterType.Date => string.CompareOrdinal(text, bound.Text),
        // Seconds may be left out, so 18:00 and 18:00:00 are the same time.
        ParameterType.Time => TimeOf(text).CompareTo(TimeOf(bound.Text)),
        ParameterType.Text => ((double)text.EnumerateRunes().Count()).CompareTo(bound.Number),
        // Whole numbers beyond 2^53 would be equal to their neighbours as floating point numbers.
        ParameterType.Integer when long.TryParse(bound.Text, CultureInfo.InvariantCulture, out var whole) =>
            long.Parse(text, CultureInfo.InvariantCulture).CompareTo(whole),
        _ => double.Parse(text, CultureInfo.InvariantCulture).CompareTo(bound.Number),
    };

    // What JSON takes for a number, which has no leading zeros and no plus.
    private static bool IsNumber(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.BytesConsumed == text.Length
                && reader.TokenStartIndex == 0 && reader.TryGetDouble(out var value) && double.IsFinite(value);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsTime(string text) =>
        TimeOnly.TryParseExact(text, FormOfTime(text), CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static TimeOnly TimeOf(string text) =>
        TimeOnly.ParseExact(text, FormOfTime(text), CultureInfo.InvariantCulture);

    private static string FormOfTime(string text) => text.Length == 5 ? "HH:mm" : "HH:mm:ss";

    private static string KindOf(ParameterType type) => type switch
    {
        ParameterType.Text => "a text",
        ParameterType.Number => "a number",
        ParameterType.Integer => "a whole number",
        ParameterType.Boolean => "true or false",
        ParameterType.Choice => "one of the choices",
        ParameterType.Date => "a day such as 2026-11-26",
        ParameterType.Time => "a time of day such as 09:30",
        _ => "the name of a stored file, sha256: and 64 hexadecimal digits",
    };

    private static string Listed(ImmutableArray<string> choices) =>
        StrictReader.Quote(string.Join(", ", choices.Take(10)));

    private static Parameter? Read(JsonElement item, string path, SpecErrors errors)
    {
        if (!JsonFields.Is(item, JsonValueKind.Object, path, errors))
            return null;
        JsonFields.CheckNames(item, Names, path, errors);
        var name = JsonFields.Text(item, "name", path, errors);
        if (name is null)
            errors.Add($"{path}.name", "is missing");
        else if (!Parameter.IsName(name))
            errors.Add($"{path}.name", $"must match {Parameter.NameForm}");
        var type = ReadType(item, path, errors);
        var pattern = JsonFields.Text(item, "pattern", path, errors);
        var parameter = new Parameter(name ?? "", type)
        {
            IsRequired = JsonFields.Flag(item, "required", path, errors),
            IsSecret = JsonFields.Flag(item, "secret", path, errors),
            Description = JsonFields.Text(item, "description", path, errors) ?? "",
            PatternText = pattern,
            Pattern = pattern is null ? null : LinearPattern.Read(pattern, isWhole: true, $"{path}.pattern", errors),
            Min = ReadBound(item, "min", type, path, errors),
            Max = ReadBound(item, "max", type, path, errors),
            Choices = ReadChoices(item, type, path, errors),
            ChoicesFrom = ReadSource(item, type, path, errors),
        };
        if (SpecRules.FaultOfText(parameter.Description.ReplaceLineEndings(" "), ServiceLimits.DescriptionLength) is { } fault)
            errors.Add($"{path}.description", fault);
        if (pattern is not null && type != ParameterType.Text)
            errors.Add($"{path}.pattern", "is valid only for the type text");
        // Everybody who may run the definition sees the lines.
        if (parameter is { IsSecret: true, ChoicesFrom: not null })
            errors.Add($"{path}.choicesFrom", "is not allowed for a secret parameter, whose values nobody may see");
        return ReadDefault(item, parameter, path, errors);
    }

    private static ParameterType ReadType(JsonElement item, string path, SpecErrors errors)
    {
        if (JsonFields.Text(item, "type", path, errors) is not { } text)
            return ParameterType.Text;
        var index = Array.IndexOf(Types, text);
        if (index < 0)
        {
            errors.Add($"{path}.type", NearMatch.Find(text, Types) is { } near
                ? $"unknown type '{StrictReader.Quote(text)}'; did you mean '{near}'?"
                : $"unknown type '{StrictReader.Quote(text)}'; the types are {string.Join(", ", Types)}");
        }

        return (ParameterType)Math.Max(index, 0);
    }

    private static Bound? ReadBound(JsonElement item, string name, ParameterType type, string path, SpecErrors errors)
    {
        if (!JsonFields.TryGet(item, name, out var value))
            return null;
        path = $"{path}.{name}";
        if (type is ParameterType.Boolean or ParameterType.Choice or ParameterType.File)
            errors.Add(path, "is valid only for texts, numbers, days and times");
        else if (type is ParameterType.Date or ParameterType.Time)
        {
            if (ReadValue(value, new Parameter("", type), path, errors) is { } moment)
                return new Bound(0, moment.Text);
        }
        else if (value.ValueKind != JsonValueKind.Number || !double.IsFinite(value.GetDouble())
            || (type is not ParameterType.Number && !value.TryGetInt64(out _)))
            errors.Add(path, type == ParameterType.Number ? "must be a number" : "must be a whole number");
        else
            return new Bound(value.GetDouble(), value.GetRawText());
        return null;
    }

    private static ImmutableArray<string> ReadChoices(JsonElement item, ParameterType type, string path, SpecErrors errors)
    {
        var isChoice = type == ParameterType.Choice;
        path = $"{path}.choices";
        if (!JsonFields.TryGet(item, "choices", out var list))
        {
            if (isChoice && !JsonFields.TryGet(item, "choicesFrom", out _))
                errors.Add(path, "is missing; give the texts to choose from, or choicesFrom");
            return [];
        }

        if (!isChoice)
            errors.Add(path, "is valid only for the type choice");
        else if (JsonFields.Is(list, JsonValueKind.Array, path, errors))
        {
            if (list.GetArrayLength() is 0 or > ServiceLimits.Choices || list.EnumerateArray().Any(static one => one.ValueKind != JsonValueKind.String))
                errors.Add(path, $"must have 1 to {ServiceLimits.Choices} texts");
            else
                return [.. list.EnumerateArray().Select(static one => one.GetString()!)];
        }

        return [];
    }

    private static string? ReadSource(JsonElement item, ParameterType type, string path, SpecErrors errors)
    {
        if (JsonFields.Text(item, "choicesFrom", path, errors) is not { } source)
            return null;
        path = $"{path}.choicesFrom";
        if (type != ParameterType.Choice)
            errors.Add(path, "is valid only for the type choice");
        else if (JsonFields.TryGet(item, "choices", out _))
            errors.Add(path, "excludes choices; give one of them");
        else if (DefinitionName.FaultOf(source) is { } fault)
            errors.Add(path, $"must name a definition, but '{StrictReader.Quote(source)}' {fault}");
        else
            return source;
        return null;
    }

    private static Parameter ReadDefault(JsonElement item, Parameter parameter, string path, SpecErrors errors)
    {
        if (!JsonFields.TryGet(item, "default", out var value))
            return parameter;
        path = $"{path}.default";
        if (parameter.IsSecret)
            errors.Add(path, "is not allowed for a secret parameter: everyone who may read the definition would see it");
        else if (parameter.IsRequired)
            errors.Add(path, "is not allowed for a required parameter, whose value each run gives");
        else
        {
            // The pattern may have a fault of its own. A stored default was checked when its pattern was still allowed.
            var known = parameter.Pattern is null ? parameter with { PatternText = null } : parameter;
            return parameter with { Default = ReadValue(value, known, path, errors) };
        }

        return parameter;
    }
}
