using OrleansTasks.Definitions;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Supports names with slashes in paths. A route's parameter is one segment, so <see cref="Escape"/> escapes the
/// slashes of a name before routing, which ignores case, and <see cref="Unescape"/> restores them in the parameter. A
/// client may also send them escaped.
/// </summary>
internal static class DefinitionPaths
{
    /// <summary>The path of all definitions.</summary>
    public const string Root = "/api/v1/definitions";

    private const string Below = Root + "/";
    private const string Slash = "%2F";
    private static readonly string[] Calls = [.. DefinitionName.Calls.Select(static call => "/" + call)];

    /// <summary>Escapes the slashes of a name. Runs before routing.</summary>
    public static Task Escape(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is { } path && path.StartsWith(Below, StringComparison.OrdinalIgnoreCase))
            context.Request.Path = Escaped(path);
        return next(context);
    }

    /// <summary>Gives the route's parameter the name. Runs after routing.</summary>
    public static Task Unescape(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is { } path && path.StartsWith(Below, StringComparison.OrdinalIgnoreCase))
        {
            context.Request.Path = path.Replace(Slash, "/", StringComparison.OrdinalIgnoreCase);
            if (context.Request.RouteValues["name"] is string name)
                context.Request.RouteValues["name"] = name.Replace(Slash, "/", StringComparison.OrdinalIgnoreCase);
        }

        return next(context);
    }

    private static string Escaped(string path)
    {
        var call = Array.Find(Calls, one => path.EndsWith(one, StringComparison.OrdinalIgnoreCase)
            && path.Length > Below.Length - 1 + one.Length) ?? "";
        return Below + path[Below.Length..(path.Length - call.Length)].Replace("/", Slash, StringComparison.Ordinal) + call;
    }
}
