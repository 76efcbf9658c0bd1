namespace OrleansTasks.Silo.Hosting;

/// <summary>An option that can describe its value.</summary>
internal interface INamesItsValue
{
    /// <summary>The option's name, such as <c>--http</c>.</summary>
    string Name { get; }

    /// <summary>The description of its value, to follow the word "takes".</summary>
    string Takes { get; }
}
