using System.Reflection;
using System.Text.Json.Serialization;

namespace OrleansTasks.Contract;

/// <summary>
/// The names of an enumeration's values in the HTTP contract, from <see cref="JsonStringEnumMemberNameAttribute"/>. A
/// value without a name is never shown.
/// </summary>
public static class EnumNames
{
    /// <summary>Returns the values that have names, and their names, in the order of the enumeration.</summary>
    public static IReadOnlyList<(object Value, string Name)> Of(Type type) =>
    [
        .. type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(static field => (field.GetValue(null)!, field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name!))
            .Where(static value => value.Item2 is not null),
    ];

    /// <summary>Returns the names that values have, in the order of the enumeration.</summary>
    public static string[] Of<T>()
        where T : struct, Enum => [.. Of(typeof(T)).Select(static value => value.Name)];
}
