namespace OrleansTasks.Silo.Hosting;

/// <summary>Which part of the service a process is.</summary>
public enum ServiceRole
{
    /// <summary>Gateway, silo and one worker.</summary>
    AllInOne,

    /// <summary>A silo with its own worker; gateways are elsewhere.</summary>
    Silo,

    /// <summary>A gateway; silos are elsewhere.</summary>
    Gateway,
}
