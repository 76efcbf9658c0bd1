using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Pages;

/// <summary>
/// Serves the console's files, compressed if the browser accepts it. The browser caches a file for as long as its name
/// is current.
/// </summary>
internal static class ConsoleAnswers
{
    /// <summary>
    /// The console's Content-Security-Policy. Only the console's own files may run, style or appear in it, and it may
    /// connect to this gateway only. Trusted types keep strings from becoming markup.
    /// </summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private const string ForEver = "max-age=31536000, immutable";

    /// <summary>Serves the page, which browsers revalidate each time.</summary>
    public static Task WriteHome(HttpContext context, ConsolePack pack)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return Write(context, pack.Home, "no-cache");
    }

    /// <summary>
    /// Serves a script, style or picture, whose name changes with its content; 404 for any other name.
    /// </summary>
    public static Task WriteAsset(HttpContext context, ConsolePack pack)
    {
        var name = context.Request.RouteValues["name"] as string ?? "";
        return pack.Find("assets/" + name) is { } file
            ? Write(context, file, ForEver)
            : context.WriteProblem(Problems.NotFound("The console has no file of this name. Reload the page; it may "
                + "come from an earlier build."));
    }

    private static Task Write(HttpContext context, ConsoleFile file, string caching)
    {
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = caching;
        response.Headers.Vary = "Accept-Encoding";
        var (body, encoding) = Choose(file, context.Request.Headers.AcceptEncoding);
        var tag = $"\"{file.Tag}{(encoding is null ? "" : "-" + encoding)}\"";
        response.Headers.ETag = tag;
        // The body of a 401 is the sign-in form, so send it even if the browser has it cached.
        if (response.StatusCode == StatusCodes.Status200OK && context.Request.Headers.IfNoneMatch.Contains(tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = file.Type;
        response.ContentLength = body.Length;
        if (encoding is not null)
            response.Headers.ContentEncoding = encoding;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.SendKept(body);
    }

    private static (byte[] Body, string? Encoding) Choose(ConsoleFile file, StringValues accepted)
    {
        if (StringWithQualityHeaderValue.TryParseList(accepted, out var encodings))
        {
            if (file.Brotli is { } brotli && Allows(encodings, "br"))
                return (brotli, "br");
            if (file.Gzip is { } gzip && Allows(encodings, "gzip"))
                return (gzip, "gzip");
        }

        return (file.Plain, null);
    }

    private static bool Allows(IList<StringWithQualityHeaderValue> encodings, string name) =>
        encodings.Any(encoding => encoding.Value.Equals(name, StringComparison.OrdinalIgnoreCase) && encoding.Quality is not 0);
}
