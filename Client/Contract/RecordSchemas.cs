using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// Generates schemas of the contract from records. A record with a <see cref="SchemaAttribute"/> becomes a schema of its
/// own, which others refer to; one without becomes part of the schema that has it.
/// </summary>
internal static class RecordSchemas
{
    private const string Path = "#/components/schemas/";

    /// <summary>Returns the name of a record's schema; null if it has none of its own.</summary>
    public static string? NameOf(Type type) =>
        type.IsGenericType && type.IsAssignableTo(typeof(IListAnswer))
            ? type.GetGenericArguments()[0].GetCustomAttribute<SchemaAttribute>(inherit: false)?.List
            : type.GetCustomAttribute<SchemaAttribute>(inherit: false)?.Name;

    /// <summary>Adds the schema of a record, and those that it refers to, unless they are there.</summary>
    public static void Add(JsonObject schemas, Type record)
    {
        if (schemas.ContainsKey(NameOf(record)!))
            return;
        var others = new HashSet<Type>();
        schemas[NameOf(record)!] = ContractJson.Default.Options.GetJsonSchemaAsNode(record, new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, schema) => Transform(context, schema, schemas, others),
        });
        foreach (var other in others)
            Add(schemas, other);
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode generated, JsonObject schemas, HashSet<Type> others)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var attributes = context.PropertyInfo is { } property ? property.AttributeProvider : context.TypeInfo.Type;
        var isNullable = (context.PropertyInfo?.IsGetNullable ?? type != context.TypeInfo.Type) && !IsLeftOutWhenNull(attributes);
        if (!context.Path.IsEmpty && NameOf(type) is { } name)
        {
            others.Add(type);
            return Described(isNullable ? OrNull(Reference(name)) : Reference(name), context.PropertyInfo?.AttributeProvider);
        }

        var refersTo = context.PropertyInfo is null ? null : Find<RefersToAttribute>(attributes);
        if (refersTo is { IsOfItems: false })
        {
            var reference = Reference(refersTo.Name);
            return Described(isNullable && !IsNullable(schemas[refersTo.Name]!) ? OrNull(reference) : reference, attributes);
        }

        if (type == typeof(Timestamp))
            return Described(isNullable ? Text("date-time") : Reference("Time"), attributes);
        if (type == typeof(IdOrNull) || (type == typeof(TaskId) && isNullable))
            return Described(new JsonObject { ["type"] = TypeOf("string", isNullable: true) }, attributes);
        if (type == typeof(TaskId))
            return Described(Reference("Id"), attributes);
        if (type == typeof(LabelMap) || type == typeof(ImmutableArray<Label>))
            return Described(isNullable ? OrNull(Reference("Labels")) : Reference("Labels"), attributes);

        var schema = generated is JsonObject members ? members : [];
        // The exporter takes members without a setter for nullable.
        if (!isNullable && FirstType(schema) is { } only)
            schema["type"] = only;
        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
            Require(schema, context.TypeInfo);
        if (refersTo is not null)
            schema["items"] = Reference(refersTo.Name);
        if (type == typeof(StoredJson))
            schema["type"] = TypeOf("object", isNullable: true);
        if (type == typeof(OutputText))
            schema["type"] = TypeOf("string", isNullable);
        if (type == typeof(WrittenJson))
            schema["type"] = TypeOf("object", isNullable);
        if (type.IsEnum)
        {
            schema = type.IsDefined(typeof(FlagsAttribute))
                ? new JsonObject
                {
                    ["type"] = TypeOf("array", isNullable), ["uniqueItems"] = true,
                    ["items"] = new JsonObject { ["type"] = "string", ["enum"] = Words(NamesOf(type), isNullable: false) },
                }
                : new JsonObject { ["type"] = TypeOf("string", isNullable), ["enum"] = Words(NamesOf(type), isNullable) };
        }

        if (Find<EnumDataTypeAttribute>(attributes) is { } named)
            schema["enum"] = Words(NamesOf(named.EnumType), isNullable);
        if (Find<AllowedValuesAttribute>(attributes) is { } words)
            schema["enum"] = Words(words.Values.Cast<string>(), isNullable);
        Bound(schema, attributes);
        Described(schema, attributes);
        if (context.Path.IsEmpty && ExampleOf(type) is { } example)
            schema["examples"] = new JsonArray(example);
        return schema;
    }

    private static IEnumerable<string> NamesOf(Type type) => EnumNames.Of(type).Select(static value => value.Name);

    private static JsonArray Words(IEnumerable<string> all, bool isNullable)
    {
        JsonArray list = [.. all];
        if (isNullable)
            list.Add((JsonNode?)null);
        return list;
    }

    /// <summary>Returns a record's example. In a body, null is not the same as omitted.</summary>
    private static JsonNode? ExampleOf(Type type)
    {
        if (type.IsGenericType)
            return new JsonObject { ["items"] = new JsonArray(ExampleOf(type.GetGenericArguments()[0])), ["nextCursor"] = null };
        if (type.GetProperty("Example", BindingFlags.Static | BindingFlags.Public)?.GetValue(null) is not { } value)
            return null;
        var info = ContractJson.Default.GetTypeInfo(type)!;
        var example = JsonSerializer.SerializeToNode(value, info)!.AsObject();
        if (info.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
        {
            foreach (var name in example.Where(static member => member.Value is null).Select(static member => member.Key).ToArray())
                example.Remove(name);
        }

        return example;
    }

    private static string? FirstType(JsonObject schema) =>
        (schema["type"] is JsonArray types ? types[0] : schema["type"])?.GetValue<string>();

    private static bool IsLeftOutWhenNull(ICustomAttributeProvider? attributes) =>
        Find<JsonIgnoreAttribute>(attributes)?.Condition == JsonIgnoreCondition.WhenWritingNull;

    private static bool IsNullable(JsonNode schema) =>
        schema["type"] is JsonArray types && types.Any(static type => (string?)type == "null");

    // An answer always has all of its members, but for those that it leaves out when null; a body has at least the required ones.
    private static void Require(JsonObject schema, JsonTypeInfo type)
    {
        var isBody = type.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow;
        var required = type.Properties.Where(property => isBody ? property.IsRequired
                : !IsLeftOutWhenNull(property.AttributeProvider))
            .Select(static property => (JsonNode?)property.Name).ToArray();
        schema.Remove("required");
        if (required.Length > 0)
            schema["required"] = new JsonArray(required);
    }

    private static void Bound(JsonObject schema, ICustomAttributeProvider? attributes)
    {
        Bound(schema, Find<RangeAttribute>(attributes));
        var isArray = FirstType(schema) == "array";
        if (Find<MinLengthAttribute>(attributes) is { } least)
            schema[isArray ? "minItems" : "minLength"] = least.Length;
        if (Find<MaxLengthAttribute>(attributes) is { } most)
            schema[isArray ? "maxItems" : "maxLength"] = most.Length;
        if (Find<RegularExpressionAttribute>(attributes) is { } form)
            schema["pattern"] = form.Pattern;
        if (Find<DefaultValueAttribute>(attributes) is { } initial)
            schema["default"] = JsonValue.Create(initial.Value);
    }

    // Without a format, clients in Go and Java take 32 bits.
    private static void Bound(JsonObject schema, RangeAttribute? range)
    {
        if (FirstType(schema) == "integer" && range?.Maximum is not int)
            schema["format"] = "int64";
        if (range is null)
            return;
        schema["minimum"] = Number(range.Minimum);
        if (range.Maximum is not double.PositiveInfinity)
            schema["maximum"] = Number(range.Maximum);
    }

    private static JsonNode Number(object bound) => bound is int whole ? whole : (double)bound;

    private static JsonObject Described(JsonObject schema, ICustomAttributeProvider? attributes)
    {
        if (Find<DescriptionAttribute>(attributes) is { } words)
            schema["description"] = words.Description;
        return schema;
    }

    private static T? Find<T>(ICustomAttributeProvider? attributes) where T : Attribute =>
        attributes?.GetCustomAttributes(typeof(T), inherit: false).OfType<T>().FirstOrDefault();

    private static JsonObject Reference(string name) => new() { ["$ref"] = Path + name };

    private static JsonObject OrNull(JsonObject schema) =>
        new() { ["oneOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };

    private static JsonObject Text(string format) =>
        new() { ["type"] = TypeOf("string", isNullable: true), ["format"] = format };

    private static JsonNode TypeOf(string type, bool isNullable) => isNullable ? new JsonArray(type, "null") : type;
}
