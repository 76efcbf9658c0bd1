using System.Text.RegularExpressions;

namespace OrleansTasks.Handlers;

/// <summary>A handler that the program has added.</summary>
/// <param name="Name">The first word of the commands that it runs.</param>
/// <param name="Create">Creates the handler of one attempt, from the attempt's services.</param>
internal sealed record HandlerRegistration(string Name, Func<IServiceProvider, ITaskHandler> Create);

/// <summary>The handlers of a worker by name.</summary>
internal sealed partial class HandlerTable
{
    /// <summary>The beginning of the label that a worker has for each handler.</summary>
    internal const string LabelPrefix = "handler/";

    /// <summary>The value of these labels.</summary>
    internal const string LabelValue = "true";

    private readonly Dictionary<string, HandlerRegistration> handlers = new(StringComparer.Ordinal);

    /// <summary>Creates the table.</summary>
    /// <exception cref="InvalidOperationException">There is no handler, or two have the same name.</exception>
    internal HandlerTable(IEnumerable<HandlerRegistration> registrations)
    {
        foreach (var registration in registrations)
        {
            if (!handlers.TryAdd(registration.Name, registration))
                throw new InvalidOperationException($"Two handlers have the name '{registration.Name}'.");
        }

        if (handlers.Count == 0)
            throw new InvalidOperationException("The worker has no handlers. Add one with AddTaskHandler.");
    }

    /// <summary>The labels of the worker's node, one for each handler.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Labels =>
        handlers.Keys.Select(static name => KeyValuePair.Create(LabelPrefix + name, LabelValue));

    /// <summary>The names, in order.</summary>
    internal string Names => string.Join(", ", handlers.Keys.Order(StringComparer.Ordinal));

    /// <summary>Returns a handler; null if there is none of that name.</summary>
    internal HandlerRegistration? Find(string name) => handlers.GetValueOrDefault(name);

    /// <summary>Says that there is no handler of a name, and what to do.</summary>
    internal string Unknown(string name) =>
        $"This worker has no handler '{name}'. It has: {Names}. "
        + $"Let the task require the label {LabelPrefix}{name}={LabelValue}, so that only workers with the handler get it.";

    /// <summary>Checks the name of a handler.</summary>
    /// <exception cref="ArgumentException">The name cannot be part of a label.</exception>
    internal static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Name().IsMatch(name))
            throw new ArgumentException($"'{name}' is no name of a handler: it must match {NamePattern}.", nameof(name));
    }

    private const string NamePattern = "[a-z0-9][a-z0-9._-]{0,54}";

    [GeneratedRegex("^" + NamePattern + @"\z")]
    private static partial Regex Name();
}
