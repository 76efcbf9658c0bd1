namespace OrleansTasks.Audit;

/// <summary>
/// The classes of recorded actions. Each class has its own budget of records, so that a flood in one never evicts
/// records of another. Everything that the scope <c>submit</c> allows is <see cref="Work"/>.
/// </summary>
public enum AuditClass
{
    /// <summary>API keys.</summary>
    Access,

    /// <summary>Queues, schedules, calendars, nodes, webhooks, definitions, triggers and notifications.</summary>
    Settings,

    /// <summary>
    /// Everything else: tasks, workflows, jobs, rollouts, occurrences that users start, and runs of definitions.
    /// </summary>
    Work,
}

/// <summary>The actions and record budget of each class.</summary>
public static class AuditClasses
{
    /// <summary>All classes.</summary>
    public static readonly ImmutableArray<AuditClass> All = [AuditClass.Access, AuditClass.Settings, AuditClass.Work];

    /// <summary>Actions of <see cref="AuditClass.Access"/>.</summary>
    public static readonly ImmutableArray<string> Access = [AuditActions.CreateKey, AuditActions.RevokeKey];

    /// <summary>Actions of <see cref="AuditClass.Settings"/>.</summary>
    public static readonly ImmutableArray<string> Settings =
    [
        AuditActions.PutQueue, AuditActions.DeleteQueue,
        AuditActions.PutSchedule, AuditActions.DeleteSchedule, AuditActions.PauseSchedule, AuditActions.ResumeSchedule,
        AuditActions.PutCalendar, AuditActions.DeleteCalendar,
        AuditActions.DrainNode, AuditActions.ResumeNode, AuditActions.ForgetNode,
        AuditActions.CreateWebhook, AuditActions.PutWebhook, AuditActions.DeleteWebhook, AuditActions.PauseWebhook,
        AuditActions.ResumeWebhook, AuditActions.RotateWebhook,
        AuditActions.PutDefinition, AuditActions.DeleteDefinition,
        AuditActions.PutTrigger, AuditActions.DeleteTrigger, AuditActions.RotateTrigger,
        AuditActions.PutNotification, AuditActions.DeleteNotification,
    ];

    /// <summary>Returns the class of an action.</summary>
    public static AuditClass Of(string action) =>
        Access.Contains(action) ? AuditClass.Access
        : Settings.Contains(action) ? AuditClass.Settings
        : AuditClass.Work;

    /// <summary>Returns the maximum number of records of a class.</summary>
    public static long MostOf(AuditClass of) => of switch
    {
        AuditClass.Access => ServiceLimits.AuditOfAccess,
        AuditClass.Settings => ServiceLimits.AuditOfSettings,
        _ => ServiceLimits.AuditOfWork,
    };

    /// <summary>Returns the name of a class in metrics and logs.</summary>
    public static string Name(this AuditClass of) => of switch
    {
        AuditClass.Access => "access",
        AuditClass.Settings => "settings",
        _ => "work",
    };

    /// <summary>Returns an SQL condition on the column <c>action</c> that selects a class's rows.</summary>
    public static string Condition(AuditClass of) => of switch
    {
        AuditClass.Access => $"action IN ({Listed(Access)})",
        AuditClass.Settings => $"action IN ({Listed(Settings)})",
        _ => $"action NOT IN ({Listed(Access.AddRange(Settings))})",
    };

    private static string Listed(ImmutableArray<string> actions) => string.Join(", ", actions.Select(static action => $"'{action}'"));
}
