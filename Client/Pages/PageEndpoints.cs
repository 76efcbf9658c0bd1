using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;

namespace OrleansTasks.Client.Pages;

/// <summary>
/// The gateway's HTML pages: the console at <c>/</c> and below <c>/ui</c>, and the plain page, which needs no script.
/// </summary>
public static class PageEndpoints
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>
    /// Maps the pages. A browser without a key or session gets a sign-in form in the body of its 401. Without a built
    /// console, the plain page is also at <c>/</c> and says why.
    /// </summary>
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var console = routes.ServiceProvider.GetRequiredService<ConsolePack>();
        var watch = routes.ServiceProvider.GetRequiredService<SystemWatch>();
        routes.MapPlain("/plain", watch, console.Missing);
        if (console.Missing is null)
            routes.MapConsole(console);
        else
            routes.MapPlain("/", watch, console.Missing);
    }

    /// <summary>
    /// Maps the console. Its asset files contain no data and need no key. The page needs a key, but it is also the
    /// sign-in form, so a 401 has the same body.
    /// </summary>
    internal static void MapConsole(this IEndpointRouteBuilder routes, ConsolePack console)
    {
        foreach (var path in (string[])["/", "/ui/{**page}"])
        {
            routes.MapMethods(path, Reading, context => ConsoleAnswers.WriteHome(context, console))
                .WithMetadata(AnswersWithoutSilo.Instance)
                .WithMetadata(new SignInForm(context => ConsoleAnswers.WriteHome(context, console)));
        }

        routes.MapMethods("/ui/assets/{name}", Reading, context => ConsoleAnswers.WriteAsset(context, console)).AllowWithoutKey();
    }

    private static void MapPlain(this IEndpointRouteBuilder routes, string path, SystemWatch watch, string? missing) =>
        routes.MapMethods(path, Reading, context => Home(context, watch, missing))
            .WithMetadata(AnswersWithoutSilo.Instance)
            .WithMetadata(new SignInForm(context => Write(context, HomeContent.SignIn())));

    private static async Task Home(HttpContext context, SystemWatch watch, string? missing)
    {
        var url = $"{context.Request.Scheme}://{context.Request.Host.Value}";
        try
        {
            await Write(context, HomeContent.Of(await watch.Read(), url, missing));
        }
        catch (Exception e) when (Faults.IsPassing(e))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            await Write(context, HomeContent.Unavailable());
        }
    }

    /// <summary>Writes a page with the given content.</summary>
    internal static Task Write(HttpContext context, string content)
    {
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = PageTemplate.Built.Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
        return response.WriteAsync(PageTemplate.Built.Around(content), context.RequestAborted);
    }
}
