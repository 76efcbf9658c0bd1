namespace OrleansTasks.Audit;

/// <summary>
/// The classes of recorded actions. Each has a budget of records of its own, so that many actions of one class never
/// remove the records of another: what the scope <c>submit</c> allows is all in <see cref="Work"/>.
/// </summary>
public enum AuditClass
{
    /// <summary>Keys.</summary>
    Access,

    /// <summary>Queues, schedules, nodes and webhooks.</summary>
    Settings,

    /// <summary>Everything else: tasks, workflows, jobs, and what schedules are told to start.</summary>
    Work,
}

/// <summary>What belongs to each class, and how many records of it are kept.</summary>
public static class AuditClasses
{
    /// <summary>All classes.</summary>
    public static readonly ImmutableArray<AuditClass> All = [AuditClass.Access, AuditClass.Settings, AuditClass.Work];

    /// <summary>The actions of <see cref="AuditClass.Access"/>.</summary>
    public static readonly ImmutableArray<string> Access = [AuditActions.CreateKey, AuditActions.RevokeKey];

    /// <summary>The actions of <see cref="AuditClass.Settings"/>.</summary>
    public static readonly ImmutableArray<string> Settings =
    [
        AuditActions.PutQueue, AuditActions.DeleteQueue,
        AuditActions.PutSchedule, AuditActions.DeleteSchedule, AuditActions.PauseSchedule, AuditActions.ResumeSchedule,
        AuditActions.DrainNode, AuditActions.ResumeNode, AuditActions.ForgetNode,
        AuditActions.CreateWebhook, AuditActions.PutWebhook, AuditActions.DeleteWebhook, AuditActions.PauseWebhook,
        AuditActions.ResumeWebhook, AuditActions.RotateWebhook,
    ];

    /// <summary>The class of an action.</summary>
    public static AuditClass Of(string action) =>
        Access.Contains(action) ? AuditClass.Access
        : Settings.Contains(action) ? AuditClass.Settings
        : AuditClass.Work;

    /// <summary>How many records of a class are kept.</summary>
    public static long MostOf(AuditClass of) => of switch
    {
        AuditClass.Access => ServiceLimits.AuditOfAccess,
        AuditClass.Settings => ServiceLimits.AuditOfSettings,
        _ => ServiceLimits.AuditOfWork,
    };

    /// <summary>The class's name in metrics and logs.</summary>
    public static string Name(this AuditClass of) => of switch
    {
        AuditClass.Access => "access",
        AuditClass.Settings => "settings",
        _ => "work",
    };

    /// <summary>A condition of SQL on the column <c>action</c>: the rows of a class.</summary>
    public static string Condition(AuditClass of) => of switch
    {
        AuditClass.Access => $"action IN ({Listed(Access)})",
        AuditClass.Settings => $"action IN ({Listed(Settings)})",
        _ => $"action NOT IN ({Listed(Access.AddRange(Settings))})",
    };

    private static string Listed(ImmutableArray<string> actions) => string.Join(", ", actions.Select(static action => $"'{action}'"));
}
