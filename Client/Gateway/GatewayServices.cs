using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Calendars;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Failures;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Live;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Client.Notifications;
using OrleansTasks.Client.OpenApi;
using OrleansTasks.Client.OutputSearch;
using OrleansTasks.Client.Queues;
using OrleansTasks.Client.Rollouts;
using OrleansTasks.Client.Schedules;
using OrleansTasks.Client.Search;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Triggers;
using OrleansTasks.Client.Webhooks;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Gateway;

/// <summary>
/// Adds the HTTP gateway to a host: call <c>AddGateway</c>, then <c>UseProblems</c>, then <c>MapGateway</c> for the
/// calls.
/// </summary>
public static class GatewayServices
{
    /// <summary>
    /// Adds everything that the gateway's calls need, except an <see cref="IGrainFactory"/>, which the host must have.
    /// A <see cref="TimeProvider"/> of the host takes precedence.
    /// </summary>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddRouting();
        services.TryAddSingleton<IClusterLink, LocalCluster>();
        services.AddSingleton<GatewayGrains>();
        services.AddSingleton(provider => new TaskIdSource(provider.GetRequiredService<TimeProvider>(), new SecureRandom()));
        services.AddSingleton(static _ => GatewayName.New());
        services.AddSingleton<Idempotency>();
        services.AddSingleton<OwnCalls>();
        services.AddSingleton<SubmitPump>();
        services.AddSingleton<FeedHub>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedHub>());
        services.AddSingleton<NodeFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeFeed>());
        services.TryAddSingleton(static _ => new OpenStreams(OpenStreams.Most));
        services.AddSingleton<EventLog>();
        services.AddHostedService(provider => provider.GetRequiredService<EventLog>());
        services.AddSingleton<TaskWaits>();
        services.AddSingleton<CommitWaits>();
        services.AddSingleton<BatchWaits>();
        services.AddSingleton<SubmitPreview>();
        services.AddSingleton<ParentCheck>();
        services.AddSingleton<SubmitCalls>();
        services.AddSingleton<ReadCalls>();
        services.AddSingleton<WhyCalls>();
        services.AddSingleton<LongReads>();
        services.AddSingleton<AnswerBudget>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<ListCalls>();
        services.AddSingleton<BatchCalls>();
        services.AddSingleton<TaskControl>();
        services.AddSingleton<ControlCalls>();
        services.AddSingleton<BulkCalls>();
        services.AddSingleton<UndoCalls>();
        services.AddSingleton<FailureCalls>();
        services.AddSingleton<OutputCalls>();
        services.AddSingleton<OutputSearchCalls>();
        services.AddSingleton<LogsSearchCalls>();
        services.AddSingleton<OutputIndexCalls>();
        services.AddSingleton<ResultCalls>();
        services.AddSingleton<LogCalls>();
        services.AddSingleton<EventCalls>();
        services.AddSingleton<EventHistory>();
        services.AddSingleton<LiveCalls>();
        services.AddSingleton<SearchCalls>();
        services.AddSingleton<JobWaits>();
        services.AddSingleton<JobCalls>();
        services.AddSingleton<JobInsightCalls>();
        services.AddSingleton<ItemCalls>();
        services.AddSingleton<NodeCalls>();
        services.AddSingleton<DemandReading>();
        services.AddSingleton<DemandCalls>();
        services.AddSingleton<QueueCalls>();
        services.AddSingleton<ForecastCalls>();
        services.AddSingleton<FileSending>();
        services.AddSingleton<CalendarCalls>();
        services.AddSingleton<FileCalls>();
        services.AddSingleton<FileCheck>();
        services.AddSingleton<ArtifactCalls>();
        services.AddSingleton<WebhookCalls>();
        services.AddSingleton<AuditCalls>();
        services.AddSingleton<ScheduleCalls>();
        services.AddSingleton<UpcomingCalls>();
        services.AddSingleton<LoadCalls>();
        services.AddSingleton<OccurrenceCalls>();
        services.AddSingleton<WorkflowWaits>();
        services.AddSingleton<WorkflowControl>();
        services.AddSingleton<WorkflowCalls>();
        services.AddSingleton<RolloutCalls>();
        services.AddSingleton<DefinitionStarts>();
        services.AddSingleton<RecordedRuns>();
        services.AddSingleton<ChoiceReader>();
        services.AddSingleton<DefinitionUses>();
        services.AddSingleton<DefinitionDependents>();
        services.AddSingleton<NodeDefinitions>();
        services.AddSingleton<ScheduledDefinitions>();
        services.AddSingleton<DefinitionCalls>();
        services.AddSingleton<DefinitionRunCalls>();
        services.AddSingleton<TriggerCalls>();
        services.AddSingleton<IncomingDeliveries>();
        services.AddSingleton<NotificationCalls>();
        return services;
    }

    /// <summary>
    /// Turns every fault of later middleware into a problem document. Call it before any other middleware.
    /// </summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) =>
        app.UseOwnAnswers().UseMiddleware<ProblemMiddleware>();

    /// <summary>Maps every call of the gateway.</summary>
    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        // Its metrics are there before the first large body.
        routes.ServiceProvider.GetRequiredService<BodyBudget>();
        routes.MapTasks();
        routes.MapUndo();
        routes.MapOutputSearch();
        routes.MapFailures();
        routes.MapJobs();
        routes.MapNodes();
        routes.MapQueues();
        routes.MapFiles();
        routes.MapArtifacts();
        routes.MapWebhooks();
        routes.MapAudit();
        routes.MapSchedules();
        routes.MapCalendars();
        routes.MapWorkflows();
        routes.MapRollouts();
        routes.MapDefinitions();
        routes.MapTriggers();
        routes.MapNotifications();
        routes.MapEvents();
        routes.MapLive();
        routes.MapSearch();
        routes.MapOpenApi();
    }
}
