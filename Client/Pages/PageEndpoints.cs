using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Pages;

/// <summary>The page at <c>/</c>.</summary>
public static class PageEndpoints
{
    /// <summary>Maps it. A browser without a key or session gets a form in the body of its 401.</summary>
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var watch = routes.ServiceProvider.GetRequiredService<SystemWatch>();
        var hasDashboard = routes.ServiceProvider.GetRequiredService<IEngineWatch>().HasDashboard;
        routes.MapMethods("/", ["GET", "HEAD"], context => Home(context, watch, hasDashboard))
            .WithMetadata(AnswersWithoutSilo.Instance)
            .WithMetadata(new SignInForm(context => Write(context, HomeContent.SignIn())));
    }

    private static async Task Home(HttpContext context, SystemWatch watch, bool hasDashboard)
    {
        var url = $"{context.Request.Scheme}://{context.Request.Host.Value}";
        try
        {
            await Write(context, HomeContent.Of(await watch.Read(), url, hasDashboard));
        }
        catch (Exception e) when (Faults.IsPassing(e))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            await Write(context, HomeContent.Unavailable());
        }
    }

    /// <summary>Writes a page around its content.</summary>
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
