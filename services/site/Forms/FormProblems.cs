namespace Fabrique.Site.Forms;

/// <summary>What was wrong in a form that was sent.</summary>
public sealed class FormProblems : List<FormProblem>
{
    /// <param name="field">The element; empty for the whole form.</param>
    /// <param name="name">What the page calls it.</param>
    /// <param name="message">What is wrong, and the way out.</param>
    public void Add(string field, string name, string message) => Add(new FormProblem(field, name, message));

    /// <summary>What is wrong with one field; null when nothing is.</summary>
    public string? Of(string field) => this.FirstOrDefault(problem => problem.Field == field)?.Message;
}

/// <inheritdoc cref="FormProblems.Add(string, string, string)"/>
public sealed record FormProblem(string Field, string Name, string Message);
