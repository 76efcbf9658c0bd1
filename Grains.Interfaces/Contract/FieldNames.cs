using System.ComponentModel;
using System.Reflection;
using System.Text.Json;

namespace OrleansTasks.Contract;

/// <summary>The names of a body's fields, for readers that are written by hand because their checks need more than bounds.</summary>
public static class FieldNames
{
    /// <summary>Returns the names of a record's described members, in the record's order.</summary>
    public static string[] Of<T>() =>
    [
        .. typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static member => member.IsDefined(typeof(DescriptionAttribute)))
            .Select(static member => JsonNamingPolicy.CamelCase.ConvertName(member.Name)),
    ];
}
