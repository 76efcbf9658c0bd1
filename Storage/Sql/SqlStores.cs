using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Triggers;

namespace OrleansTasks.Storage.Sql;

/// <summary>Registers the stores that are written once for SQLite and PostgreSQL.</summary>
internal static class SqlStores
{
    /// <summary>Adds the stores, all over one <see cref="ISqlDatabase"/>.</summary>
    internal static void AddSqlStores(this IServiceCollection services, Func<IServiceProvider, ISqlDatabase> database)
    {
        services.AddSingleton<ISqlDatabase>(database);
        services.AddSingleton<INodeStore, SqlNodeStore>();
        services.AddSingleton<IKeyStore, SqlKeyStore>();
        services.AddSingleton<ITrustStore, SqlTrustStore>();
        services.AddSingleton<INodeEventStore, SqlNodeEventStore>();
        services.AddSingleton<IQueueStore, SqlQueueStore>();
        services.AddSingleton<IResourceEventStore, SqlResourceEventStore>();
        services.AddSingleton<IAuditStore, SqlAuditStore>();
        services.AddSingleton<IWebhookStore, SqlWebhookStore>();
        services.AddSingleton<ICalendarStore, SqlCalendarStore>();
        services.AddSingleton<IDefinitionStore, SqlDefinitionStore>();
        services.AddSingleton<INotificationStore, SqlNotificationStore>();
        services.AddSingleton<ITriggerStore, SqlTriggerStore>();
        services.AddSingleton<IProgressStore, SqlProgressStore>();
        services.AddSingleton<IFileIndex, SqlFileIndex>();
    }
}
