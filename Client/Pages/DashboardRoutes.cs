using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;

namespace OrleansTasks.Client.Pages;

/// <summary>The Orleans Dashboard, protected by the same keys as the rest of the gateway.</summary>
public static partial class DashboardRoutes
{
    /// <summary>The dashboard's path.</summary>
    public const string Path = "/dashboard";

    // Silos join and restart while the dashboard is shown, so they are told again. No request waits for that.
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maps the dashboard. The first request starts the silos' parts of it, and then builds the dashboard's own routes, which
    /// unpacks and compresses 17 MB of files that stay in memory.
    /// </summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes) => routes.MapDashboard(
        () => routes.ServiceProvider.GetRequiredService<IGrainFactory>().StartEngineDashboard(), Build);

    /// <summary>Maps the dashboard, whose silos and routes the first request starts and builds.</summary>
    internal static void MapDashboard(
        this IEndpointRouteBuilder routes, Func<Task> startSilos, Func<IApplicationBuilder, RequestDelegate> build)
    {
        var services = routes.ServiceProvider;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(DashboardRoutes));
        RequestDelegate? inner = null;
        var start = new SharedStart(Start, Renewal, services.GetRequiredService<TimeProvider>());
        var dashboard = routes.MapGet(Path + "/{**rest}", async context =>
        {
            var started = start.Run();
            // Once it has been shown, it is served even while a silo does not answer.
            if (Volatile.Read(ref inner) is null)
                await started;
            // The inner routing chooses anew.
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            await inner!(context);
        });
        dashboard.RequireScope(Scopes.Read);
        dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));

        async Task Start()
        {
            try
            {
                await startSilos();
                if (inner is null)
                    Volatile.Write(ref inner, build(routes.CreateApplicationBuilder()));
            }
            catch (Exception failure)
            {
                NotStarted(logger, failure);
                if (inner is null)
                    throw new ProblemException(Problems.NotReady("The dashboard could not be started. Try again later."));
            }
        }
    }

    private static RequestDelegate Build(IApplicationBuilder app)
    {
        app.UseRouting();
        app.UseEndpoints(static routes => routes.MapEngineDashboard(Path).AddEndpointFilter(RefuseNoSilo));
        return app.Build();
    }

    // For a path segment that is not a silo's address, the dashboard activates a grain that fails to start. Answer 404
    // instead.
    private static async ValueTask<object?> RefuseNoSilo(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        catch (InvalidOperationException fault) when (fault.InnerException is FormatException)
        {
            throw new ProblemException(Problems.NotFound("No silo has this name; /api/v1/cluster lists the silos."));
        }
    }

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning,
        Message = "The dashboard could not be started; the next request for it tries again.")]
    private static partial void NotStarted(ILogger logger, Exception failure);
}
