namespace OrleansTasks.Access;

/// <summary>What a key may do; scopes do not include one another. The numbers are stored and must not change.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>GET.</summary>
    Read = 1,

    /// <summary>Tasks, jobs, their cancel and retry.</summary>
    Submit = 2,

    /// <summary>Nodes, queues, schedules, bulk. Writing a schedule also needs <see cref="Submit"/>.</summary>
    Operate = 4,

    /// <summary>Keys, tokens, webhooks, GET included.</summary>
    Admin = 8,
}
