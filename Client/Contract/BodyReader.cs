using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using OrleansTasks.Contract;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// Reads a request's body into a record and reports all of its faults. The record's members are the fields that the body
/// may have, and its annotations their bounds. System.Text.Json would end at the first fault, and suggest no name for an
/// unknown field.
/// </summary>
internal static class BodyReader
{
    /// <summary>Reads a body. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="empty">A new record, which gets the fields.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static T? Read<T>(ReadOnlySpan<byte> utf8, T empty, SpecErrors errors)
        where T : class
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            Fill(ref reader, empty);
            reader.Finish();
            return errors.IsEmpty ? empty : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static void Fill<T>(ref StrictReader reader, T record)
        where T : class
    {
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return;
        while (reader.NextField(FieldsOf<T>.Names, ref seen, "", out var index))
        {
            var field = FieldsOf<T>.All[index];
            field.Property.SetValue(record, reader.Token == JsonTokenType.Null ? field.WhenNull : ValueOf(ref reader, field));
        }
    }

    private static object? ValueOf(ref StrictReader reader, Field field)
    {
        if (field.Type == typeof(bool))
            return reader.Boolean(field.Name);
        if (field.Type == typeof(ImmutableArray<Blackout>))
            return BlackoutText.Read(ref reader, field.Name);
        if (field.Type.IsEnum)
            return WordOf(ref reader, field);
        if (field.Type == typeof(double))
            return reader.Number(field.Name, Least<double>(field.Range), Most<double>(field.Range));
        if (field.Type == typeof(int) || field.Type == typeof(long))
        {
            return reader.Integer(field.Name, Least<long>(field.Range), Most<long>(field.Range)) is { } number
                ? Convert.ChangeType(number, field.Type, CultureInfo.InvariantCulture)
                : null;
        }

        throw new NotSupportedException($"{field.Type} of {field.Name}");
    }

    private static object? WordOf(ref StrictReader reader, Field field)
    {
        if (reader.String(field.Name) is not { } word)
            return null;
        var values = EnumNames.Of(field.Type);
        foreach (var (value, name) in values)
        {
            if (name == word)
                return value;
        }

        var names = values.Select(static value => value.Name).ToArray();
        var allowed = names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
        reader.Errors.Add(field.Name, $"is '{StrictReader.Quote(word)}'; allowed are {allowed}");
        return null;
    }

    private static T Least<T>(RangeAttribute? range) where T : System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T> =>
        range is null ? T.MinValue : NumberOf<T>(range.Minimum);

    private static T Most<T>(RangeAttribute? range) where T : System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T> =>
        range is null ? T.MaxValue : NumberOf<T>(range.Maximum);

    private static T NumberOf<T>(object bound) where T : System.Numerics.INumber<T> =>
        bound is int whole ? T.CreateSaturating(whole) : T.CreateSaturating((double)bound);

    private sealed record Field(string Name, PropertyInfo Property, Type Type, RangeAttribute? Range, object? WhenNull);

    private static class FieldsOf<T>
    {
        public static readonly Field[] All =
        [
            .. ContractJson.Default.GetTypeInfo(typeof(T))!.Properties.Select(static field =>
            {
                var property = (PropertyInfo)field.AttributeProvider!;
                return new Field(
                    field.Name, property, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
                    property.GetCustomAttribute<RangeAttribute>(), property.PropertyType == typeof(ImmutableArray<Blackout>?) ? ImmutableArray<Blackout>.Empty
                        : property.GetCustomAttribute<WhenNullAttribute>()?.Value);
            }),
        ];

        public static readonly string[] Names = [.. All.Select(static field => field.Name)];
    }
}
